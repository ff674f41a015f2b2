// SPDX-License-Identifier: Apache-2.0
//
// Holds bodies of both directions, and changes them in the trailers callbacks. The configuration is
// looked for in the response's body, and compared with it as a secret.

#include <tamis/http.h>

class Wanted : public tamis::Plugin {
 public:
  bool configure(tamis::StringView text) override {
    wanted = text;
    return true;
  }
  tamis::StringView wanted;
};

class Held : public tamis::HttpFilter {
 public:
  explicit Held(Wanted& plugin) : plugin_(plugin) {}

  tamis::BodyStatus on_request_body(tamis::Body&, bool) override {
    return tamis::BodyStatus::Buffer;
  }
  tamis::FilterStatus on_request_trailers(tamis::Headers&) override {
    tamis::Body held(tamis::Buffer::RequestBody);
    held.prepend("<");
    held.append(">");
    return tamis::FilterStatus::Continue;
  }
  tamis::BodyStatus on_response_body(tamis::Body&, bool) override {
    return tamis::BodyStatus::Buffer;
  }
  tamis::FilterStatus on_response_trailers(tamis::Headers&) override {
    tamis::Body held(tamis::Buffer::ResponseBody);
    const tamis::StringView text = held.read();
    tamis::log(tamis::Level::Info, held.size(), " ", text, " ", text.find(plugin_.wanted), " ",
               text.find(plugin_.wanted, 3), " ",
               tamis::equal_in_constant_time(text, plugin_.wanted));
    held.replace("new");
    return tamis::FilterStatus::Continue;
  }

 private:
  Wanted& plugin_;
};

TAMIS_HTTP_FILTER(Held, Wanted)
