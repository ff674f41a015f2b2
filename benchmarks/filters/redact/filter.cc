// SPDX-License-Identifier: Apache-2.0
//
// Takes card numbers out of response bodies. See README.md for what counts as one.

#include <tamis/http.h>

#include "scanner.h"

namespace redact {

class Filter : public tamis::HttpFilter {
 public:
  tamis::FilterStatus on_response_headers(tamis::Headers& headers, bool end_of_stream) override {
    if (end_of_stream || headers.get("content-encoding").value_or("identity") != "identity") {
      return tamis::FilterStatus::Continue;
    }
    const StringView type =
        tamis::lower(headers.get("content-type").value_or("text/plain"), tamis::scratch());
    const bool json = contains(type, "json");
    readable_ = json || type.starts_with("text/") || contains(type, "xml");
    scanner_ = Scanner(json);
    // It may not be true any more when the body goes out.
    if (readable_) headers.remove("content-length");
    return tamis::FilterStatus::Continue;
  }

  tamis::BodyStatus on_response_body(tamis::Body& body, bool end_of_stream) override {
    if (!readable_) return tamis::BodyStatus::Continue;
    // Held only while its end may be half a number: what is held in the proxy is still there when
    // trailers end the body, what a filter keeps for itself is not.
    const bool whole = rewrite(body, end_of_stream);
    return whole ? tamis::BodyStatus::Continue : tamis::BodyStatus::Buffer;
  }

  tamis::FilterStatus on_response_trailers(tamis::Headers&) override {
    if (held_) {
      tamis::Body body(tamis::Buffer::ResponseBody);
      rewrite(body, true);
    }
    return tamis::FilterStatus::Continue;
  }

 private:
  static bool contains(StringView text, StringView part) { return text.find(part) < text.size(); }

  /// Whether the body is whole; else it is to be held, and `done_` bytes of it are as they will be.
  bool rewrite(tamis::Body& body, bool last) {
    const StringView text = body.read(done_);
    tamis::Text written;
    bool changed = false;
    const size_t scanned = scanner_.scan(text, last, written, changed);
    const size_t rest = text.size() - scanned;
    held_ = rest != 0;
    size_t size = text.size();
    if (changed) {
      size = written.text().size();
      if (done_ != 0) {
        tamis::Text all;
        all << body.read(0, done_) << written.text();
        body.replace(all.text());
      } else {
        body.replace(written.text());
      }
    }
    done_ = held_ ? done_ + size - rest : 0;
    return !held_;
  }

  Scanner scanner_;
  bool readable_ = false;
  bool held_ = false;
  size_t done_ = 0;
};

}  // namespace redact

TAMIS_HTTP_FILTER(redact::Filter)
