#include "native/properties.h"

#include "check.h"
#include "native_guest.h"

using namespace std::string_literals;

static std::string get(Rig& w, const std::string& dotted, tamis::Status expected = tamis::kOk) {
  std::string path = dotted;
  for (char& c : path)
    if (c == '.') c = '\0';
  std::string_view out;
  CHECK(tamis::find_property(w.host, path, out) == expected);
  return std::string(out);
}

static std::string number(int64_t value) { return {reinterpret_cast<const char*>(&value), 8}; }

static void request() {
  Rig w;
  get(w, "request.path", tamis::kNotFound);
  CHECK(get(w, "request.headers_bytes") == number(0) && get(w, "request.headers") == "\0\0\0\0"s);
  auto& map = w.show(0);
  map.add(":path", "/a/b?q=1#f");
  map.add(":method", "GET");
  map.add("x", "1");
  map.add("x", "2");
  CHECK(get(w, "request.path") == "/a/b?q=1#f" && get(w, "request.url_path") == "/a/b");
  CHECK(get(w, "request.query") == "q=1" && get(w, "request.method") == "GET");
  CHECK(get(w, "request.headers.X") == "1,2");
  get(w, "request.headers.y", tamis::kNotFound);
  CHECK(get(w, "request.headers_bytes") == number(static_cast<int64_t>(map.byte_size())));
  w.stream.request().received = 5;
  CHECK(get(w, "request.size") == number(5));
  map.add("content-length", "77");
  CHECK(get(w, "request.size") == number(77));
  map.set("content-length", "77x");
  CHECK(get(w, "request.size") == number(5));
  map.set(":path", "/nothing");
  CHECK(get(w, "request.query").empty());
  get(w, "request.duration", tamis::kNotFound);
  get(w, "request", tamis::kSerializationFailure);
}

static void response() {
  Rig w;
  get(w, "response.code", tamis::kNotFound);
  auto& map = w.show(2);
  map.add(":status", "404");
  w.stream.response().started = true;
  CHECK(get(w, "response.code") == number(404) &&
        get(w, "response.code_details") == "via_upstream");
  CHECK(get(w, "response.grpc_status") == number(12) && get(w, "response.flags") == number(0));
  map.add("grpc-status", "3");
  CHECK(get(w, "response.grpc_status") == number(3));
}

static void plugin_fixture_and_state() {
  Rig w(Rig::kPlugin);
  w.script.plugin.name = "p";
  w.script.properties.emplace_back("xds\0node\0id"s, "n");
  CHECK(get(w, "plugin_name") == "p" && get(w, "xds.node.id") == "n");
  get(w, "request.path", tamis::kNotFound);
  w.enter(2);
  w.stream.filter_state.emplace_back("wasm.k", "v");
  CHECK(get(w, "k") == "v");
  std::string_view out;
  CHECK(tamis::find_property(w.host, "filter_state\0wasm.k"s, out) == tamis::kOk && out == "v");
  get(w, "m", tamis::kNotFound);
  get(w, "nonsense.path", tamis::kNotFound);
}

// What a fixture gives is there when Envoy would have it.
static void given_in_their_phase() {
  Rig w(Rig::kPlugin);
  for (const std::string& path :
       {"xds\0node\0metadata\0a"s, "source\0address"s, "upstream\0address"s,
        "upstream\0num_endpoints"s, "xds\0upstream_host_metadata"s, "connection\0tls_version"s})
    w.script.properties.emplace_back(path, "x");
  CHECK(get(w, "xds.node.metadata.a") == "x");
  get(w, "source.address", tamis::kNotFound);
  w.enter(Rig::kStream);
  CHECK(get(w, "source.address") == "x" && get(w, "upstream.num_endpoints") == "x");
  get(w, "upstream.address", tamis::kNotFound);
  get(w, "xds.upstream_host_metadata", tamis::kNotFound);
  w.stream.request().headers_sent = true;
  CHECK(get(w, "upstream.address") == "x" && get(w, "xds.upstream_host_metadata") == "x");
}

static void before_the_handshake() {
  Rig w;
  for (const std::string& field : {"mtls"s, "tls_version"s, "subject_peer_certificate"s,
                                   "uri_san_peer_certificate"s, "subject_local_certificate"s})
    w.script.properties.emplace_back("connection\0"s + field, "x");
  w.script.properties.emplace_back("xds\0cluster_name"s, "x");
  w.stream.network = w.stream.arriving = true;
  CHECK(get(w, "connection.mtls") == "\0"s);
  CHECK(get(w, "connection.subject_peer_certificate").empty());
  get(w, "connection.uri_san_peer_certificate", tamis::kNotFound);
  CHECK(get(w, "connection.subject_local_certificate") == "x");
  get(w, "xds.cluster_name", tamis::kNotFound);
  w.stream.arriving = false;
  CHECK(get(w, "connection.mtls") == "x" && get(w, "connection.tls_version") == "x");
  w.stream.arriving = true;
  CHECK(get(w, "connection.tls_version") == "TLSv1.2");
  w.stream.arriving = false;
  CHECK(get(w, "connection.tls_version") == "TLSv1.2");
  CHECK(get(w, "connection.subject_peer_certificate") == "x");
}

int main() {
  given_in_their_phase();
  before_the_handshake();
  request();
  response();
  plugin_fixture_and_state();
}
