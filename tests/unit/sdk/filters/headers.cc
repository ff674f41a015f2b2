// SPDX-License-Identifier: Apache-2.0
//
// Does to the request's headers what its configuration says, and logs what it reads:
// [["set", "x-a", "1"], ["get", "x-a"], ["size"], ["each"], ["flush"], ...]

#include <tamis/http.h>

using tamis::Level;
using tamis::StringView;

static_assert(tamis::valid_header_value("known as it is compiled"));
static_assert(!tamis::valid_header_value("1\r\nx-admin: 1"));

class Script : public tamis::Plugin {
 public:
  bool configure(StringView text) override {
    const tamis::json::Result parsed = tamis::json::parse(text, memory());
    steps = parsed.value;
    return static_cast<bool>(parsed);
  }
  const tamis::json::Value* steps = nullptr;
};

class Driver : public tamis::HttpFilter {
 public:
  explicit Driver(Script& script) : script_(script) {}

  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    for (const auto& step : *script_.steps) {
      StringView words[3];
      size_t count = 0;
      for (const auto& word : step) words[count++] = word.text;
      run(headers, words[0], words[1], words[2]);
    }
    return tamis::FilterStatus::Continue;
  }

 private:
  static void run(tamis::Headers& headers, StringView what, StringView name, StringView value) {
    if (what == "set") told(headers.set(name, value));
    if (what == "add") told(headers.add(name, value));
    if (what == "remove") told(headers.remove(name));
    if (what == "flush") headers.flush();
    if (what == "size") tamis::log(Level::Info, headers.size());
    if (what == "get") {
      const tamis::Maybe<StringView> got = headers.get(name);
      tamis::log(Level::Info, got ? StringView("=") : StringView("none"), got.value_or({}));
    }
    if (what == "each") {
      tamis::Text line;
      headers.each([&](const tamis::Header& each) {
        if (!each.name.starts_with(":")) line << each.name << "=" << each.value << ";";
      });
      tamis::log(Level::Info, line.text());
    }
  }

  static void told(bool done) {
    if (!done) tamis::log(Level::Warn, "refused");
  }

  Script& script_;
};

TAMIS_HTTP_FILTER(Driver, Script)
