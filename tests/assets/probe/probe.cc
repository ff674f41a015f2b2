// SPDX-License-Identifier: Apache-2.0
//
// Shows a host from the inside: logs every callback with its arguments and everything it can see
// there, and does what its configuration says. Actions, each {"at": CALLBACK, ACTION: ARGUMENT}:
//
//   reply: STATUS             a local reply with a header, a body and details
//   trap: true                ends in an unreachable instruction
//   pause: STATUS             returns this status instead of 0
//   set, add: [NAME, VALUE]   changes the headers or trailers of this callback; remove: NAME
//   replace, append, prepend: TEXT        changes the body; clear: true
//   trailer: [NAME, VALUE]    adds a trailer, from a body callback at end of stream
//   property: [SEGMENT, ...]  logs a property's bytes; set_property: [NAME, VALUE]
//   log: LEVEL                writes a line of that level (0 trace to 5 critical)
//   time: true                logs the clock
//   refuse: true              (at configure) refuses to start

#include <tamis/http.h>

#include "actions.h"

namespace probe {

using tamis::Body;
using tamis::BodyStatus;
using tamis::FilterStatus;
using tamis::Headers;
using tamis::Level;
using tamis::Map;

/// FNV-1a of 32 bits: enough to see one lost or swapped byte.
uint32_t checksum(StringView bytes) {
  uint32_t sum = 2166136261U;
  for (char byte : bytes) sum = (sum ^ static_cast<unsigned char>(byte)) * 16777619U;
  return sum;
}

StringView first_of(const Value& pair) {
  for (const Value& each : pair) return each.text;
  return pair.text;
}

StringView second_of(const Value& pair) {
  StringView last;
  for (const Value& each : pair) last = each.text;
  return last;
}

uint32_t number(const Value& value) { return static_cast<uint32_t>(value.integer().value_or(0)); }

class Plugin : public tamis::Plugin {
 public:
  bool configure(StringView text) override {
    if (!script_.read(text, memory())) return false;
    if (!script_.quiet) {
      tamis::log(Level::Info, "configure ", text.size(), " ", checksum(text));
    }
    bool accepted = true;
    script_.run("configure", [&](StringView what, const Value&) {
      if (what == "refuse") accepted = false;
      if (what == "trap") __builtin_trap();
    });
    return accepted;
  }

  [[nodiscard]] const Script& script() const { return script_; }

 private:
  Script script_;
};

class Filter : public tamis::HttpFilter {
 public:
  explicit Filter(Plugin& plugin) : script_(plugin.script()) {}

  FilterStatus on_request_headers(Headers& headers, bool end_of_stream) override {
    return headers_seen("request_headers", headers, end_of_stream);
  }
  FilterStatus on_response_headers(Headers& headers, bool end_of_stream) override {
    return headers_seen("response_headers", headers, end_of_stream);
  }
  FilterStatus on_request_trailers(Headers& trailers) override {
    return headers_seen("request_trailers", trailers, true);
  }
  FilterStatus on_response_trailers(Headers& trailers) override {
    return headers_seen("response_trailers", trailers, true);
  }
  BodyStatus on_request_body(Body& body, bool end_of_stream) override {
    return body_seen("request_body", body, end_of_stream, Map::RequestTrailers);
  }
  BodyStatus on_response_body(Body& body, bool end_of_stream) override {
    return body_seen("response_body", body, end_of_stream, Map::ResponseTrailers);
  }
  void on_log() override {
    say("log");
    run("log");
  }
  void on_done() override {
    say("done");
    run("done");
  }

 private:
  template <class... Pieces>
  void say(const Pieces&... pieces) const {
    if (!script_.quiet) tamis::log(Level::Info, pieces...);
  }

  FilterStatus headers_seen(StringView callback, Headers& headers, bool end_of_stream) const {
    uint32_t status = 0;
    if (!script_.quiet) {
      say(callback, " ", headers.size(), " end_of_stream=", end_of_stream);
      headers.each([&](const tamis::Header& header) {
        // Long values are shown by their size and sum: a log line has its limits.
        if (header.value.size() <= 256) {
          say("  ", header.name, ": ", header.value);
        } else {
          say("  ", header.name, ": ", header.value.size(), " bytes ", checksum(header.value));
        }
      });
    }
    script_.run(callback, [&](StringView what, const Value& argument) {
      if (what == "set") headers.set(first_of(argument), second_of(argument));
      if (what == "add") headers.add(first_of(argument), second_of(argument));
      if (what == "remove") headers.remove(argument.text);
      act(what, argument, status);
    });
    return static_cast<FilterStatus>(status);
  }

  BodyStatus body_seen(StringView callback, Body& body, bool end_of_stream, Map trailers) const {
    uint32_t status = 0;
    if (!script_.quiet) {
      const StringView bytes = body.read();
      say(callback, " ", body.size(), " read=", bytes.size(), " sum=", checksum(bytes),
          " end_of_stream=", end_of_stream);
    }
    script_.run(callback, [&](StringView what, const Value& argument) {
      if (what == "replace") body.replace(argument.text);
      if (what == "append") body.append(argument.text);
      if (what == "prepend") body.prepend(argument.text);
      if (what == "clear") body.clear();
      if (what == "trailer" && end_of_stream) {
        Headers(trailers).add(first_of(argument), second_of(argument));
      }
      act(what, argument, status);
    });
    return static_cast<BodyStatus>(status);
  }

  void run(StringView callback) const {
    uint32_t ignored = 0;
    script_.run(callback,
                [&](StringView what, const Value& argument) { act(what, argument, ignored); });
  }

  /// What can be done in any callback.
  void act(StringView what, const Value& argument, uint32_t& status) const {
    if (what == "pause") status = number(argument);
    if (what == "trap") __builtin_trap();
    if (what == "log") tamis::log(static_cast<Level>(number(argument)), "level ", number(argument));
    if (what == "time") tamis::log(Level::Info, "time ", tamis::now());
    if (what == "property") show_property(argument);
    if (what == "set_property") {
      const bool done = tamis::set_property(first_of(argument), second_of(argument));
      tamis::log(Level::Info, "set_property ", first_of(argument), " ", done);
    }
    if (what == "reply") {
      const tamis::Header extra[] = {{"x-probe", "reply"}, {"x-probe", "twice"}};
      tamis::reply({.status = number(argument),
                    .body = "replied by the probe",
                    .headers = extra,
                    .details = "probe reply"});
    }
  }

  static void show_property(const Value& path) {
    tamis::Text joined;
    tamis::Text shown;
    for (const Value& segment : path) {
      if (!joined.text().empty()) {
        joined << '\0';
        shown << '.';
      }
      joined << segment.text;
      shown << segment.text;
    }
    const tamis::Maybe<StringView> value = tamis::property(joined.text());
    tamis::Text line;
    line << "property " << shown.text();
    if (!value) {
      line << " none";
    } else {
      line << " " << value->size() << ":";
      for (char byte : *value) {
        const bool printable = byte > ' ' && byte < 0x7F;
        const auto bits = static_cast<unsigned char>(byte);
        if (printable) {
          line << byte;
        } else {
          line << '\\' << "0123456789abcdef"[bits >> 4U] << "0123456789abcdef"[bits & 15U];
        }
      }
    }
    tamis::log(Level::Info, line.text());
  }

  const Script& script_;
};

}  // namespace probe

TAMIS_HTTP_FILTER(probe::Filter, probe::Plugin)
