// SPDX-License-Identifier: Apache-2.0
//
// Takes memory of every kind for each exchange, and checks what it wrote at the end.

#include <tamis/http.h>

class Hungry : public tamis::HttpFilter {
 public:
  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    kept_ = memory().keep(headers.get("x-a").value_or({}));
    for (size_t size = 1; size < 5000; size = size * 3 + 1) fill(tamis::scratch(), size);
    for (size_t size = 1; size < 300; size = size * 2 + 1) fill(memory(), size);
    headers.set("x-copy", kept_);
    return tamis::FilterStatus::Continue;
  }

  tamis::FilterStatus on_response_headers(tamis::Headers& headers, bool) override {
    fill(tamis::scratch(), 20000);
    headers.set("x-kept", kept_);
    return tamis::FilterStatus::Continue;
  }

 private:
  static void fill(tamis::Arena& arena, size_t size) {
    char* room = arena.array<char>(size);
    if (reinterpret_cast<size_t>(room) % 8 != 0) __builtin_trap();
    for (size_t at = 0; at < size; ++at) room[at] = 'x';
  }

  tamis::StringView kept_;
};

TAMIS_HTTP_FILTER(Hungry)
