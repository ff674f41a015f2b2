// SPDX-License-Identifier: Apache-2.0
//
// The rules of a policy.
#ifndef HEADER_POLICY_RULES_H_
#define HEADER_POLICY_RULES_H_

#include <tamis/http.h>

namespace header_policy {

using tamis::Headers;
using tamis::StringView;

/// `set`, `append`: a header. `rename`: from `name` to `value`. `remove`, `method`: `value` alone.
struct Pair {
  StringView name;
  StringView value;
  const Pair* next = nullptr;
};

/// When a rule applies. Everything that is given must hold.
struct Condition {
  const Pair* methods = nullptr;
  StringView path_prefix;
  StringView header;
  enum class Test : uint8_t { None, Present, Absent, Equals, Prefix };
  Test test = Test::None;
  StringView operand;

  [[nodiscard]] bool asks_request() const { return methods != nullptr || !path_prefix.empty(); }

  bool request_matches(Headers& headers) const {
    if (!path_prefix.empty() && !headers.get(":path").value_or({}).starts_with(path_prefix)) {
      return false;
    }
    if (methods == nullptr) return true;
    const StringView method = headers.get(":method").value_or({});
    for (const Pair* each = methods; each != nullptr; each = each->next) {
      if (each->value == method) return true;
    }
    return false;
  }

  /// Any value of the header will do.
  bool header_matches(Headers& headers) const {
    if (test == Test::None) return true;
    bool found = false;
    headers.each([&](const tamis::Header& each) {
      if (each.name != header) return;
      found = found || (test == Test::Equals   ? each.value == operand
                        : test == Test::Prefix ? each.value.starts_with(operand)
                                               : true);
    });
    return found != (test == Test::Absent);
  }
};

/// One rule: first it removes, then renames, sets and appends.
struct Rule {
  bool on_response = false;
  Condition when;
  const Pair* remove = nullptr;
  const Pair* rename = nullptr;
  const Pair* set = nullptr;
  const Pair* append = nullptr;
  const Rule* next = nullptr;

  void apply(Headers& headers) const {
    for (const Pair* each = remove; each != nullptr; each = each->next) headers.remove(each->value);
    for (const Pair* each = rename; each != nullptr; each = each->next) move(headers, *each);
    for (const Pair* each = set; each != nullptr; each = each->next) {
      headers.set(each->name, each->value);
    }
    for (const Pair* each = append; each != nullptr; each = each->next) {
      headers.add(each->name, each->value);
    }
  }

 private:
  /// All values move, in order, and take the place of what the new name had.
  static void move(Headers& headers, const Pair& names) {
    if (names.name == names.value) return;
    bool moved = false;
    headers.each([&](const tamis::Header& each) {
      if (each.name != names.name) return;
      if (moved) {
        headers.add(names.value, each.value);
      } else {
        headers.set(names.value, each.value);
      }
      moved = true;
    });
    if (moved) headers.remove(names.name);
  }
};

struct Rules {
  const Rule* request = nullptr;
  const Rule* response = nullptr;
  /// How many rules for responses ask about the request.
  size_t response_asks_request = 0;
};

}  // namespace header_policy

#endif  // HEADER_POLICY_RULES_H_
