#include "native/local_reply.h"

#include "check.h"

using tamis::HeaderMap;

static std::string reply(HeaderMap request, uint32_t status, int32_t grpc, HeaderMap extra,
                         std::string_view text, std::string& body) {
  HeaderMap headers;
  tamis::make_local_reply(request, status, grpc, extra, text, headers, body);
  std::string out;
  for (size_t i = 0; i < headers.size(); ++i)
    out += std::string(headers.name(i)) + "=" + std::string(headers.value(i)) + ";";
  return out;
}

static HeaderMap map(std::initializer_list<std::pair<const char*, const char*>> pairs) {
  HeaderMap out;
  for (const auto& [name, value] : pairs) out.add(name, value);
  return out;
}

int main() {
  std::string body;
  CHECK(reply({}, 403, -1, map({{"x", "1"}}), "no", body) ==
        ":status=403;x=1;content-length=2;content-type=text/plain;");
  CHECK(body == "no");
  CHECK(reply({}, 403, -1, map({{":status", "1"}, {"x", "1"}}), "", body) == ":status=403;x=1;");
  CHECK(reply({}, 403, -1, map({{"content-type", "a/b"}}), "no", body) ==
        ":status=403;content-type=a/b;content-length=2;");
  CHECK(reply({}, 204, 3, map({{"content-length", "9"}, {"content-type", "a"}}), "", body) ==
        ":status=204;");
  CHECK(reply(map({{":method", "HEAD"}}), 403, -1, {}, "no", body) ==
        ":status=403;content-length=2;content-type=text/plain;");
  CHECK(body.empty());

  const HeaderMap grpc = map({{"content-type", "application/grpc+proto"}});
  CHECK(reply(grpc, 403, -1, {}, "n\xc3\xa4%", body) ==
        ":status=200;content-type=application/grpc;grpc-status=7;grpc-message=n%C3%A4%25;");
  CHECK(reply(grpc, 500, 13, {}, "", body) ==
        ":status=200;content-type=application/grpc;grpc-status=13;");
  CHECK(reply(grpc, 429, -1, {}, "", body).ends_with("grpc-status=14;"));
  CHECK(!tamis::detail::is_grpc(map({{"content-type", "application/grpc-web"}})));
  const std::pair<uint32_t, const char*> kDerived[] = {{400, "13"}, {401, "16"}, {403, "7"},
                                                       {404, "12"}, {502, "14"}, {200, "2"}};
  for (const auto& [http, status] : kDerived) CHECK(tamis::detail::grpc_status_of(http) == status);
}
