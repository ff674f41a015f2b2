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
    if (!text_of(*read.value, "find", find)) return false;
    if (!text_of(*read.value, "replace", replace)) return false;
    if (find.empty()) return refuse("\"find\" must not be empty");
    return true;
  }

  StringView find;
  StringView replace;

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

  tamis::FilterStatus on_response_headers(tamis::Headers& headers, bool end_of_stream) override {
    const StringView encoding = headers.get("content-encoding").value_or("identity");
    rewrite_ = !end_of_stream && encoding == "identity";
    // It may not be true any more when the body goes out.
    if (rewrite_) headers.remove("content-length");
    return tamis::FilterStatus::Continue;
  }

  tamis::BodyStatus on_response_body(tamis::Body& body, bool end_of_stream) override {
    if (!rewrite_) return tamis::BodyStatus::Continue;
    if (!end_of_stream) return tamis::BodyStatus::Buffer;  // hold it, and come again with more
    rewrite(body);
    return tamis::BodyStatus::Continue;
  }

  // When there are trailers, they end the body instead.
  tamis::FilterStatus on_response_trailers(tamis::Headers&) override {
    if (rewrite_) {
      tamis::Body held(tamis::Buffer::ResponseBody);
      rewrite(held);
    }
    return tamis::FilterStatus::Continue;
  }

 private:
  // Writes the body back only if something was found in it.
  void rewrite(tamis::Body& body) {
    const StringView text = body.read();
    const StringView find = settings_.find;
    tamis::Text written;
    size_t done = 0;
    for (size_t at; (at = text.find(find, done)) < text.size(); done = at + find.size()) {
      written << text.substr(done, at - done) << settings_.replace;
    }
    if (done == 0) return;
    written << text.substr(done);
    body.replace(written.text());
  }

  const Settings& settings_;
  bool rewrite_ = false;
};

// Without this line nothing is exported, and the module does nothing.
TAMIS_HTTP_FILTER(Filter, Settings)
