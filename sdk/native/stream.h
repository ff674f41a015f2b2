// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One exchange: what Envoy tells of it, what of it the twin may see now, and what it asked for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pairs.h"

namespace shim {

class Vm;

// Numbers of proxy-wasm.
enum Map : uint32_t {
  kRequestHeaders = 0,
  kRequestTrailers = 1,
  kResponseHeaders = 2,
  kResponseTrailers = 3,
  kCalloutHeaders = 6,
  kCalloutTrailers = 7,
};
enum Status : uint32_t {
  kOk = 0,
  kNotFound = 1,
  kBadArgument = 2,
  kSerializationFailure = 3,
  kCasMismatch = 8,
  kInternalFailure = 10,
  kBrokenConnection = 11,
  kUnimplemented = 12,
};

// What is asked for inside a callback and happens when it has returned: inside, Envoy would call
// the twin again. `kReplyAgain`: a reply that comes too late to replace the one there is.
enum class Asked : uint8_t { kResumeRequest, kResumeResponse, kClose, kReply, kReplyAgain };

using OwnedHeaders = std::vector<std::pair<std::string, std::string>>;

// A local reply. Envoy shows those of Wasm plugins to their own response callbacks, those of
// modules not: `headers` and `body` are what the twin is shown instead, and may change.
struct LocalReply {
  bool pending = false, sent = false;
  bool running = false;   // it is shown now
  bool held = false;      // the twin said Pause to it
  bool replaced = false;  // by another one
  uint32_t status = 0;
  int32_t grpc_status = -1;
  std::string details, body;
  OwnedHeaders extra, headers;
};

// Made and destroyed by Envoy, but never while a callback of it runs.
class Stream {
 public:
  Stream(Vm& vm, envoy::Filter filter);
  Stream(const Stream&) = delete;

  // -- what Envoy tells; statuses are Envoy's
  uint32_t on_headers(size_t direction, bool end);
  uint32_t on_body(size_t direction, bool end);
  uint32_t on_trailers(size_t direction);
  void on_callout(uint64_t callout, envoy::CalloutEnd end, const envoy::Header* headers,
                  size_t count, const envoy::Bytes* body, size_t chunks);
  void on_log();
  void on_destroy();

  // -- what the twin asks
  void ask_reply(uint32_t status, int32_t grpc_status, std::string_view details,
                 std::string_view body, const Headers& headers);
  void ask_resume(size_t direction);
  void ask_close();
  // 0 and a number, or a status.
  uint32_t call_out(std::string_view cluster, Headers headers, std::string_view body,
                    uint32_t timeout, uint32_t& number);
  // Does it. Called when no callback of the VM runs.
  void perform(Asked what);

  // -- what the twin may see
  bool readable(uint32_t map) const;
  bool writable(uint32_t map);
  // Not Envoy's response headers but those of a local reply.
  bool shows_reply() const { return reply.running; }

  Vm& vm;
  const envoy::Filter filter;
  const uint32_t id;
  LocalReply reply;
  bool log_phase = false;
  // By direction: a body callback runs; the last one returned 1, so the next sees all there is; how
  // much is held that it has seen before.
  std::array<bool, 2> in_body{}, buffering{};
  std::array<size_t, 2> held{};

 private:
  // While one lives, the stream does.
  class Hold;

  uint32_t headers_status(uint32_t status, bool stopped) const;
  bool too_large(size_t direction) const;
  void make_reply();
  void show_reply();
  void send_reply();

  std::array<bool, 4> visible_{};
  bool created_ = false, end_of_stream_ = false, over_ = false, response_begun_ = false,
       shown_ = false;
  size_t replies_ = 0, holds_ = 0;
  std::vector<std::pair<uint64_t, uint32_t>> callouts_;  // Envoy's number and ours
};

}  // namespace shim
