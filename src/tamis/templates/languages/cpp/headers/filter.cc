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
    if (!text_of(*read.value, "header", header)) return false;
    if (!text_of(*read.value, "value", value)) return false;
    if (header.empty()) return refuse("\"header\" must not be empty");
    return true;
  }

  StringView header;
  StringView value;

 private:
  static bool text_of(const json::Value& object, StringView key, StringView& into) {
    const json::Value* member = object.find(key);
    if (member == nullptr || !member->is(json::Kind::String)) {
      return refuse("\"", key, "\" must be a string");
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
class Filter : public tamis::HttpFilter {
 public:
  explicit Filter(const Settings& settings) : settings_(settings) {}

  // The flag says whether the message ends here, without a body.
  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    headers.set(settings_.header, settings_.value);
    return tamis::FilterStatus::Continue;
  }

  tamis::FilterStatus on_response_headers(tamis::Headers& headers, bool) override {
    headers.set(settings_.header, settings_.value);
    headers.remove("x-powered-by");
    return tamis::FilterStatus::Continue;
  }

 private:
  const Settings& settings_;
};

// Without this line nothing is exported, and the module does nothing.
TAMIS_HTTP_FILTER(Filter, Settings)
