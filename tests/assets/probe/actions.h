// SPDX-License-Identifier: Apache-2.0
//
// What the probe was told to do, and where.
#ifndef PROBE_ACTIONS_H_
#define PROBE_ACTIONS_H_

#include <tamis/http.h>

namespace probe {

using tamis::StringView;
using tamis::json::Kind;
using tamis::json::Value;

/// One element of the configuration's `do`. Lives in the plugin's arena.
struct Action {
  /// The callback it belongs to, such as `request_headers`.
  StringView at;
  /// Its name, such as `reply`, and its argument.
  StringView what;
  const Value* argument = nullptr;
  const Action* next = nullptr;
};

/// `{"do": [{"at": "request_headers", "reply": 403}, ...], "quiet": false}`
struct Script {
  const Action* first = nullptr;
  bool quiet = false;

  bool read(StringView text, tamis::Arena& arena) {
    if (text.empty()) return true;
    const tamis::json::Result parsed = tamis::json::parse(text, arena);
    if (!parsed) {
      const tamis::json::Place place = tamis::json::place(text, parsed.offset);
      tamis::log(tamis::Level::Error, "configuration:", place.line, ":", place.column, ": ",
                 parsed.error);
      return false;
    }
    if (const Value* wanted = parsed.value->find("quiet")) quiet = wanted->boolean;
    const Value* list = parsed.value->find("do");
    const Action** end = &first;
    if (list == nullptr) return true;
    for (const Value& each : *list) {
      auto* action = arena.make<Action>();
      for (const Value& member : each) {
        if (member.key == "at") {
          action->at = member.text;
        } else {
          action->what = member.key;
          action->argument = &member;
        }
      }
      *end = action;
      end = &action->next;
    }
    return true;
  }

  /// Calls act(what, argument) for every action that belongs to `callback`, in order.
  template <class Act>
  void run(StringView callback, Act act) const {
    for (const Action* each = first; each != nullptr; each = each->next) {
      if (each->at == callback) act(each->what, *each->argument);
    }
  }
};

}  // namespace probe

#endif  // PROBE_ACTIONS_H_
