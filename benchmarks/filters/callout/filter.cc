// SPDX-License-Identifier: 0BSD
#include <tamis/http.h>

using tamis::StringView;
namespace json = tamis::json;

// One for each configuration; it lives until the proxy drops the configuration.
class Settings : public tamis::Plugin {
 public:
  // Called once, in every thread of the proxy. False refuses to start.
  bool configure(StringView text) override {
    const json::Result read = json::parse(text, memory());
    if (!read) return refuse(read.error, " at byte ", read.offset);
    if (!read.value->is(json::Kind::Object)) return refuse("must be an object");
    if (!text_of(*read.value, "cluster", cluster)) return false;
    if (!text_of(*read.value, "path", path)) return false;
    if (const json::Value* given = read.value->find("timeout_ms")) {
      const int64_t milliseconds = given->integer().value_or(0);
      if (milliseconds < 1 || milliseconds > 60'000) {
        return refuse("\"timeout_ms\" must be a whole number from 1 to 60000");
      }
      timeout_ms = static_cast<uint32_t>(milliseconds);
    }
    if (const json::Value* given = read.value->find("fail_open")) {
      if (!given->is(json::Kind::Boolean)) return refuse("\"fail_open\" must be true or false");
      fail_open = given->boolean;
    }
    allowed = tamis::Counter("callout.allowed");
    denied = tamis::Counter("callout.denied");
    failed = tamis::Counter("callout.failed");
    return true;
  }

  StringView cluster;
  StringView path;
  uint32_t timeout_ms = 500;
  bool fail_open = false;
  tamis::Counter allowed;
  tamis::Counter denied;
  tamis::Counter failed;

 private:
  static bool text_of(const json::Value& object, StringView key, StringView& into) {
    const json::Value* member = object.find(key);
    if (member == nullptr || !member->is(json::Kind::String) || member->text.empty()) {
      return refuse("\"", key, "\" must be a string that is not empty");
    }
    into = member->text;
    return true;
  }

  template <class... Pieces>
  static bool refuse(const Pieces&... why) {
    tamis::log(tamis::Level::Error, "configuration: ", why...);
    return false;
  }
};

// One for each exchange. The proxy calls only what is overridden here.
class Filter : public tamis::HttpFilter, public tamis::OnCallout {
 public:
  explicit Filter(const Settings& settings) : settings_(settings) {}

  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    const tamis::Header asked[] = {{"x-original-path", headers.get(":path").value_or({})}};
    const bool called = bool(tamis::call({.cluster = settings_.cluster,
                                          .path = settings_.path,
                                          .authority = headers.get(":authority").value_or({}),
                                          .headers = asked,
                                          .timeout_ms = settings_.timeout_ms}));
    if (called) return tamis::FilterStatus::Pause;  // until the answer is here
    return fail(headers, 0) ? tamis::FilterStatus::Continue : tamis::FilterStatus::Pause;
  }

  void on_callout(tamis::CalloutReply& reply) override {
    tamis::Headers headers(tamis::Map::RequestHeaders);
    const uint32_t status = reply.status();
    if (status == 200) {
      settings_.allowed.add();
      name(headers, reply.headers.get("x-user"));
    } else if (status == 0 || status >= 500) {
      if (!fail(headers, status)) return;
    } else {
      settings_.denied.add();
      tamis::reply({.status = 403, .body = "denied\n"});
      return;
    }
    tamis::resume_request();
  }

 private:
  // Whether the request goes on although nobody said so.
  bool fail(tamis::Headers& headers, uint32_t status) {
    settings_.failed.add();
    tamis::log(tamis::Level::Warn, settings_.cluster, " failed: ", status);
    if (!settings_.fail_open) {
      tamis::reply({.status = 503, .body = "unavailable\n"});
      return false;
    }
    name(headers, {});
    return true;
  }

  // What a client says about itself does not count.
  static void name(tamis::Headers& headers, tamis::Maybe<StringView> user) {
    if (user) {
      headers.set("x-user", *user);
    } else {
      headers.remove("x-user");
    }
  }

  const Settings& settings_;
};

// Without this line nothing is exported, and the module does nothing.
TAMIS_HTTP_FILTER(Filter, Settings)
