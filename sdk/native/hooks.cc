// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The module as Envoy sees it: its HTTP filter. clock.cc has its cluster.
#include <dlfcn.h>

#include <memory>

#include "plugin.h"
#include "stream.h"
#include "vm.h"

#define HOOK extern "C" [[gnu::visibility("default")]]

namespace {

using shim::Plugin;
using shim::Stream;
using tamis::envoy::Bytes;

Stream& stream_of(const void* made) {
  return *const_cast<Stream*>(static_cast<const Stream*>(made));
}

// Envoy loads modules for themselves alone; twins find the host functions in this one.
bool publish() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&publish), &info) == 0) return false;
  return dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) != nullptr;
}

}  // namespace

HOOK const char* envoy_dynamic_module_on_program_init() {
  return publish() ? tamis::envoy::kAbiVersion : nullptr;
}

HOOK const void* envoy_dynamic_module_on_http_filter_config_new(tamis::envoy::Config config,
                                                                Bytes name, Bytes text) {
  return Plugin::make(config, {name.data, name.size}, {text.data, text.size}).release();
}
HOOK void envoy_dynamic_module_on_http_filter_config_destroy(const void* plugin) {
  delete static_cast<const Plugin*>(plugin);
}

HOOK const void* envoy_dynamic_module_on_http_filter_new(const void* plugin,
                                                         tamis::envoy::Filter filter) {
  shim::Vm* vm = static_cast<const Plugin*>(plugin)->vm();
  return vm != nullptr ? new Stream(*vm, filter) : nullptr;
}
HOOK void envoy_dynamic_module_on_http_filter_destroy(const void* stream) {
  stream_of(stream).on_destroy();
}

HOOK uint32_t envoy_dynamic_module_on_http_filter_request_headers(void*, const void* stream,
                                                                  bool end) {
  return stream_of(stream).on_headers(0, end);
}
HOOK uint32_t envoy_dynamic_module_on_http_filter_request_body(void*, const void* stream,
                                                               bool end) {
  return stream_of(stream).on_body(0, end);
}
HOOK uint32_t envoy_dynamic_module_on_http_filter_request_trailers(void*, const void* stream) {
  return stream_of(stream).on_trailers(0);
}
HOOK uint32_t envoy_dynamic_module_on_http_filter_response_headers(void*, const void* stream,
                                                                   bool end) {
  return stream_of(stream).on_headers(1, end);
}
HOOK uint32_t envoy_dynamic_module_on_http_filter_response_body(void*, const void* stream,
                                                                bool end) {
  return stream_of(stream).on_body(1, end);
}
HOOK uint32_t envoy_dynamic_module_on_http_filter_response_trailers(void*, const void* stream) {
  return stream_of(stream).on_trailers(1);
}
HOOK void envoy_dynamic_module_on_http_filter_stream_complete(void*, const void* stream) {
  stream_of(stream).on_log();
}
HOOK void envoy_dynamic_module_on_http_filter_http_callout_done(
    void*, const void* stream, uint64_t callout, tamis::envoy::CalloutEnd end,
    const tamis::envoy::Header* headers, size_t count, const Bytes* body, size_t chunks) {
  stream_of(stream).on_callout(callout, end, headers, count, body, chunks);
}

// What Envoy wants to find and the shim has no use for.
HOOK void envoy_dynamic_module_on_http_filter_http_stream_headers() {}
HOOK void envoy_dynamic_module_on_http_filter_http_stream_data() {}
HOOK void envoy_dynamic_module_on_http_filter_http_stream_trailers() {}
HOOK void envoy_dynamic_module_on_http_filter_http_stream_complete() {}
HOOK void envoy_dynamic_module_on_http_filter_http_stream_reset() {}
HOOK void envoy_dynamic_module_on_http_filter_scheduled() {}
HOOK void envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark() {}
HOOK void envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark() {}
