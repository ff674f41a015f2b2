// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Host functions: replies, pauses, contexts, callouts, timers, logs, the clock.
#include <ctime>
#include <string>
#include <string_view>

#include "calls.h"
#include "clock.h"

using namespace shim;

SHIM_EXPORT uint32_t proxy_send_local_response(uint32_t status, const char* details,
                                               size_t details_size, const char* body,
                                               size_t body_size, const char* headers,
                                               size_t headers_size, uint32_t grpc_status) {
  CALL("proxy_send_local_response", status, details, details_size, body, body_size, headers,
       headers_size, grpc_status);
  frame->stop = true;
  if (stream() != nullptr)
    stream()->ask_reply(status, grpc_status <= 16 ? static_cast<int32_t>(grpc_status) : -1,
                        {details, details_size}, {body, body_size},
                        read_pairs({headers, headers_size}));
  return call.end(kOk);
}

namespace {

uint32_t resume(size_t direction) {
  if (stream() != nullptr) stream()->ask_resume(direction);
  return kOk;
}

}  // namespace

SHIM_EXPORT uint32_t proxy_continue_stream(uint32_t type) {
  CALL("proxy_continue_stream", type);
  if (type > 3) return call.end(kBadArgument);
  if (type == 3) return call.end(kUnimplemented);
  return call.end(type < 2 ? resume(type) : uint32_t{kOk});
}
SHIM_EXPORT uint32_t proxy_continue_request() {
  CALL("proxy_continue_request");
  return call.end(resume(0));
}
SHIM_EXPORT uint32_t proxy_continue_response() {
  CALL("proxy_continue_response");
  return call.end(resume(1));
}

SHIM_EXPORT uint32_t proxy_close_stream(uint32_t type) {
  CALL("proxy_close_stream", type);
  if (type > 3) return call.end(kBadArgument);
  if (type < 2 && stream() != nullptr) stream()->ask_close();
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_clear_route_cache() {
  CALL("proxy_clear_route_cache");
  if (stream() != nullptr) envoy_dynamic_module_callback_http_clear_route_cache(stream()->filter);
  return call.end(kOk);
}

// Until the callback returns; 0 goes back to whose callback it is.
SHIM_EXPORT uint32_t proxy_set_effective_context(uint32_t id) {
  CALL("proxy_set_effective_context", id);
  Stream* wanted = id == 0 ? frame->own : vm().find(id);
  if (wanted == nullptr && id > Vm::kRoot) return call.end(kBadArgument);
  frame->stream = wanted;
  return call.end(kOk);
}

// Only a plugin whose proxy_on_done said "not yet" has something to be done with; the shim waits
// for none.
SHIM_EXPORT uint32_t proxy_done() {
  CALL("proxy_done");
  return call.end(kNotFound);
}

SHIM_EXPORT uint32_t proxy_http_call(const char* cluster, size_t cluster_size, const char* headers,
                                     size_t headers_size, const char* body, size_t body_size,
                                     const char* trailers, size_t trailers_size, uint32_t timeout,
                                     uint32_t* number) {
  CALL("proxy_http_call", cluster, cluster_size, headers, headers_size, body, body_size, trailers,
       trailers_size, timeout, number);
  if (stream() == nullptr) {
    refuse("proxy_http_call", "of a plugin");
    return call.end(kInternalFailure);
  }
  Headers pairs = read_pairs({headers, headers_size});
  for (const std::string_view needed : {":path", ":method", ":authority"}) {
    bool there = false;
    for (const auto& each : pairs)
      there = there || (name_of(each) == needed && each.value_size != 0);
    if (!there) return call.end(kBadArgument);
  }
  return call.end(stream()->call_out({cluster, cluster_size}, std::move(pairs), {body, body_size},
                                     timeout, *number));
}

SHIM_EXPORT uint32_t proxy_get_status(uint32_t* code, const char** message, size_t* size) {
  CALL("proxy_get_status", code, message, size);
  *code = vm().status;
  return call.end(vm().give(vm().status_message, message, size));
}

SHIM_EXPORT uint32_t proxy_set_tick_period_milliseconds(uint32_t period) {
  CALL("proxy_set_tick_period_milliseconds", period);
  if (period != 0 && !clock::there()) {
    refuse("proxy_set_tick_period_milliseconds", "without the cluster tamis.clock");
    return call.end(kInternalFailure);
  }
  vm().set_timer(period);
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_get_current_time_nanoseconds(uint64_t* now) {
  CALL("proxy_get_current_time_nanoseconds", now);
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  *now = static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
  return call.end(kOk);
}

// In the words of Envoy's Wasm, which name the plugin in front.
SHIM_EXPORT uint32_t proxy_log(uint32_t level, const char* message, size_t size) {
  CALL("proxy_log", level, message, size);
  if (level > 5) return call.end(kBadArgument);
  const Settings& settings = vm().settings;
  std::string line("wasm log");
  for (const std::string* part : {&settings.root_id, &settings.vm_id})
    if (!part->empty()) line.append(" ").append(*part);
  say(level, line.append(": ").append(message, size));
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_get_log_level(uint32_t* level) {
  CALL("proxy_get_log_level", level);
  *level = kTrace;
  while (*level < 5 && !envoy_dynamic_module_callback_log_enabled(*level)) ++*level;
  return call.end(kOk);
}
