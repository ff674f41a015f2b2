// SPDX-License-Identifier: Apache-2.0
//
// Adds one header to every request: x-tamis, with the configured value.

#include <tamis/http.h>

namespace one_header {

class Settings : public tamis::Plugin {
 public:
  /// Takes a JSON string. What its schema allows has no escapes: no reader of JSON is needed.
  bool configure(tamis::StringView text) override {
    if (text.size() < 2 || text[0] != '"' || text[text.size() - 1] != '"') return false;
    value = text.substr(1, text.size() - 2);
    return true;
  }

  tamis::StringView value;
};

class Filter : public tamis::HttpFilter {
 public:
  explicit Filter(const Settings& settings) : value_(settings.value) {}

  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    headers.add("x-tamis", value_);
    return tamis::FilterStatus::Continue;
  }

 private:
  const tamis::StringView& value_;
};

}  // namespace one_header

TAMIS_HTTP_FILTER(one_header::Filter, one_header::Settings)
