// A filter that uses most of what a native twin can: configuration, metrics, shared data, a timer,
// properties, filter state, bodies that are held and replaced, trailers, replies.
#include <tamis/http.h>

namespace many {

class Settings : public tamis::Plugin, public tamis::OnTick {
 public:
  bool configure(tamis::StringView text) override {
    name = text;
    requests = tamis::Counter("many.requests");
    open = tamis::Gauge("many.open");
    sizes = tamis::Histogram("many.sizes");
    if (text == "bad") {
      tamis::log(tamis::Level::Error, "no");
      return false;
    }
    if (text == "tick") tamis::tick_every(100);
    tamis::log(tamis::Level::Info, "configured");
    return true;
  }
  void on_tick() override { tamis::log(tamis::Level::Warn, "tick"); }

  tamis::StringView name;
  tamis::Counter requests;
  tamis::Gauge open;
  tamis::Histogram sizes;
};

class Many : public tamis::HttpFilter {
 public:
  explicit Many(Settings& settings) : settings_(settings) {}

  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    settings_.requests.add();
    settings_.open.add(2);
    tamis::set_shared_data("last", headers.get(":path").value_or({}));
    headers.set("x-host", tamis::property("request", "host").value_or("none"));
    headers.set("x-plugin", tamis::property("plugin_root_id").value_or("none"));
    tamis::set_property("seen", "yes");
    headers.add("x-a", "2");
    headers.remove("x-gone");
    replies_ = headers.get(":path").value_or({}) == "/reply";
    if (replies_) tamis::reply({.status = 418, .body = "short", .details = "i_am"});
    return tamis::FilterStatus::Continue;
  }

  tamis::BodyStatus on_request_body(tamis::Body& body, bool end) override {
    settings_.sizes.record(body.size());
    if (!end) return tamis::BodyStatus::Buffer;
    body.replace("<");
    body.append("request>");
    return tamis::BodyStatus::Continue;
  }

  tamis::FilterStatus on_request_trailers(tamis::Headers& trailers) override {
    tamis::Body held(tamis::Buffer::RequestBody);
    held.prepend("held:");
    trailers.set("x-trailer", "changed");
    return tamis::FilterStatus::Continue;
  }

  tamis::FilterStatus on_response_headers(tamis::Headers& headers, bool) override {
    headers.set("x-response", settings_.name);
    return tamis::FilterStatus::Continue;
  }

  tamis::BodyStatus on_response_body(tamis::Body& body, bool) override {
    if (replies_) return tamis::BodyStatus::Continue;
    body.prepend("(");
    body.append(")");
    return tamis::BodyStatus::Continue;
  }

  void on_log() override {
    settings_.open.add(-1);
    tamis::log(tamis::Level::Info,
               tamis::Headers(tamis::Map::RequestHeaders).get(":path").value_or("none"));
  }
  void on_done() override { tamis::log(tamis::Level::Debug, "done"); }

 private:
  Settings& settings_;
  bool replies_ = false;
};

}  // namespace many

TAMIS_HTTP_FILTER(many::Many, many::Settings)
