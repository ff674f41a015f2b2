// A filter that does only what every back end can: its module and its dynamic module do the same.
#include <tamis/http.h>

namespace plain {

class Settings : public tamis::Plugin {
 public:
  bool configure(tamis::StringView text) override {
    value = text;
    return !text.empty();
  }
  tamis::StringView value;
};

class Plain : public tamis::HttpFilter {
 public:
  explicit Plain(Settings& settings) : settings_(settings) {}

  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    headers.set("x-count", headers.has("x-a") ? "some" : "none");
    headers.remove("x-gone");
    return tamis::FilterStatus::Continue;
  }
  tamis::BodyStatus on_request_body(tamis::Body& body, bool end) override {
    if (!end) return tamis::BodyStatus::Buffer;
    body.prepend("<");
    body.append(">");
    return tamis::BodyStatus::Continue;
  }
  tamis::FilterStatus on_request_trailers(tamis::Headers& trailers) override {
    tamis::Body(tamis::Buffer::RequestBody).append("!");
    trailers.add("x-trailer", "2");
    return tamis::FilterStatus::Continue;
  }
  tamis::FilterStatus on_response_headers(tamis::Headers& headers, bool) override {
    headers.set("x-response", settings_.value);
    return tamis::FilterStatus::Continue;
  }

 private:
  Settings& settings_;
};

}  // namespace plain

TAMIS_HTTP_FILTER(plain::Plain, plain::Settings)
