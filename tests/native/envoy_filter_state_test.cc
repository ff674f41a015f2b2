#include "native/envoy_filter_state.h"

#include "check.h"

using namespace tamis;
using Verdict = EnvoyObject::Verdict;

// Each asked of Envoy 1.40.
static void made(const char* name, const char* value, const std::string& text) {
  const EnvoyObject object = make_envoy_object(name, value);
  CHECK(object.verdict == Verdict::kMade && *object.text == text);
}
static void refused(const char* name, const char* value) {
  CHECK(make_envoy_object(name, value).verdict == Verdict::kRefused);
}

int main() {
  made("envoy.string", "a,b", "a,b");
  made("envoy.tcp_proxy.cluster", "", "");
  made("envoy.tcp_proxy.disable_tunneling", "x", "false");
  made("envoy.tcp_proxy.disable_tunneling", "true", "true");
  for (const char* port : {"1", " 1", "1 ", "+1", "01"})
    made("envoy.upstream.dynamic_port", port, "1");
  made("envoy.upstream.dynamic_port", "65536", "65536");
  for (const char* port : {"-1", "4294967296", "", "x", "++1", "1x"})
    refused("envoy.upstream.dynamic_port", port);
  made("envoy.ratelimit.hits_addend", "4294967295", "4294967295");
  refused("envoy.ratelimit.hits_addend", "4294967296");
  made("envoy.tcp_proxy.per_connection_idle_timeout_ms", "18446744073709551614",
       "18446744073709551614");
  made("envoy.network.ip", "10.0.0.1", "10.0.0.1:0");
  made("envoy.network.ip", "::1", "[::1]:0");
  for (const char* ip : {"[::1]", "10.0.0.1:80", "010.0.0.1", "10.1", ""})
    refused("envoy.network.ip", ip);
  const std::string fields(4, '\0');
  for (const char* address : {"10.0.0.1:80", "[::1]:80"})
    made("envoy.filters.listener.original_dst.local_ip", address, fields);
  for (const char* address : {"::1:80", "10.0.0.1", "10.0.0.1:70000", "10.0.0.1:", "10.0.0.1:x"})
    refused("envoy.network.transport_socket.original_dst_address", address);
  const EnvoyObject protocols = make_envoy_object("envoy.network.application_protocols", "h2");
  CHECK(protocols.verdict == Verdict::kMade && !protocols.text);
  CHECK(make_envoy_object("wasm.k", "v").verdict == Verdict::kUnknown);
}
