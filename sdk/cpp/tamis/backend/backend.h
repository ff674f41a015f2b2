// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a back end gives the SDK. A filter includes none of this; it compiles to any back end.
//
// A back end for another host implements these functions, rest_ and more_memory() of memory.h, and
// the Module template and TAMIS_HTTP_FILTER macro that register a filter.
#ifndef TAMIS_BACKEND_BACKEND_H_
#define TAMIS_BACKEND_BACKEND_H_

#include "tamis/memory.h"
#include "tamis/types.h"

namespace tamis::backend {

void log(Level level, StringView line);

/// All headers of a map in order, duplicates kept; names in lower case. They live in scratch().
/// A map that is not there is empty.
Span<Header> read_headers(Map map);
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
Maybe<StringView> property(StringView path);
bool set_property(StringView path, StringView value);

void reply(uint32_t status, StringView details, StringView body, Span<Header> headers,
           int32_t grpc_status);

uint64_t now();

}  // namespace tamis::backend

#if defined(__wasm__)
#include "tamis/backend/wasm.h"
#else
#error "tamis: no back end for this target; compile for wasm32 (tamis build does)"
#endif

#endif  // TAMIS_BACKEND_BACKEND_H_
