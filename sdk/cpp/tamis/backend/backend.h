// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a back end gives the SDK. A filter includes none of this; it compiles to any back end.
//
// A back end for another host implements these functions, rest_ and more_memory() of memory.h, and
// the Module template and the macros that register a filter.
#ifndef TAMIS_BACKEND_BACKEND_H_
#define TAMIS_BACKEND_BACKEND_H_

#include "tamis/memory.h"
#include "tamis/types.h"

// What dynamic modules of Envoy have no means for: a filter that calls it does not compile to one.
#if defined(TAMIS_ENVOY)
#define TAMIS_NOT_IN_ENVOY(what) \
  [[gnu::error("a dynamic module of Envoy has no " what "; build a native twin instead")]]
#else
#define TAMIS_NOT_IN_ENVOY(what)
#endif

namespace tamis::backend {

class HeaderReader;

void log(Level level, StringView line);

/// All headers of a map in order, duplicates kept; names in lower case. They live in scratch().
/// A map that is not there is empty. The back end says what it reads from: size() of them, each by
/// next(), so that they are written once, to where they stay.
HeaderReader read_headers(Map map);
/// Adds after the existing headers.
void add_header(Map map, StringView name, StringView value);
/// Leaves exactly one header of that name.
void set_header(Map map, StringView name, StringView value);
void remove_header(Map map, StringView name);
/// The whole map in one step. False, and nothing is done, when it is too large for that.
bool set_headers(Map map, Span<Header> headers);

StringView read_buffer(Buffer buffer, size_t start, size_t count);
/// 0 when there is no such buffer now.
size_t buffer_size(Buffer buffer);
/// count 0 at start 0 prepends, at the end appends; else replaces the first `count` bytes.
void write_buffer(Buffer buffer, size_t start, size_t count, StringView bytes);

/// Path segments are joined by NUL.
TAMIS_NOT_IN_ENVOY("properties")
Maybe<StringView> property(StringView path);
TAMIS_NOT_IN_ENVOY("properties")
bool set_property(StringView path, StringView value);

void reply(uint32_t status, StringView details, StringView body, Span<Header> headers,
           int32_t grpc_status);

/// At the end of the callback.
void resume(Half half);
void close(Half half);

uint64_t now();

/// The number under which the answer comes.
Maybe<uint32_t> call(StringView cluster, Span<Header> headers, StringView body,
                     uint32_t timeout_ms);
TAMIS_NOT_IN_ENVOY("gRPC client")
Maybe<uint32_t> grpc_call(StringView cluster, StringView service, StringView method,
                          Span<Header> metadata, StringView message, uint32_t timeout_ms);
TAMIS_NOT_IN_ENVOY("gRPC client")
Maybe<uint32_t> grpc_stream(StringView cluster, StringView service, StringView method,
                            Span<Header> metadata);
TAMIS_NOT_IN_ENVOY("gRPC client")
bool grpc_send(uint32_t stream, StringView message, bool last);
TAMIS_NOT_IN_ENVOY("gRPC client")
void grpc_close(uint32_t stream);
TAMIS_NOT_IN_ENVOY("gRPC client")
void grpc_cancel(uint32_t stream);
/// Of the gRPC status that a callback was given.
TAMIS_NOT_IN_ENVOY("status of callouts")
StringView status_message();

/// 0 when there can be no such metric; the others mind no number.
uint32_t define_metric(Metric kind, StringView name);
void add_metric(uint32_t id, int64_t difference);
void set_metric(uint32_t id, uint64_t value);
TAMIS_NOT_IN_ENVOY("metrics that can be read")
uint64_t metric(uint32_t id);

TAMIS_NOT_IN_ENVOY("shared data")
bool shared_data(StringView key, StringView& value, uint32_t& version);
/// False when there is a value of another version, unless `version` is 0.
TAMIS_NOT_IN_ENVOY("shared data")
bool set_shared_data(StringView key, StringView value, uint32_t version);

TAMIS_NOT_IN_ENVOY("queues")
uint32_t register_queue(StringView name);
/// 0 when there is none.
TAMIS_NOT_IN_ENVOY("queues")
uint32_t resolve_queue(StringView vm_id, StringView name);
TAMIS_NOT_IN_ENVOY("queues")
bool enqueue(uint32_t queue, StringView message);
TAMIS_NOT_IN_ENVOY("queues")
Maybe<StringView> dequeue(uint32_t queue);

TAMIS_NOT_IN_ENVOY("timers")
void tick_every(uint32_t milliseconds);
TAMIS_NOT_IN_ENVOY("foreign functions")
Maybe<StringView> foreign_function(StringView name, StringView arguments);

}  // namespace tamis::backend

#if defined(TAMIS_ENVOY)
#include "tamis/backend/envoy.h"
#else
#include "tamis/backend/wasm.h"
#include "tamis/backend/wasm_calls.h"
#include "tamis/backend/wasm_state.h"
#endif

#endif  // TAMIS_BACKEND_BACKEND_H_
