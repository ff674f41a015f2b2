// SPDX-License-Identifier: Apache-2.0
//
// Sets, appends, removes and renames headers by rules. See README.md for the configuration.

#include <tamis/http.h>

#include "reader.h"
#include "rules.h"

namespace header_policy {

class Policy : public tamis::Plugin {
 public:
  bool configure(tamis::StringView text) override { return Reader(text, memory()).read(rules_); }

  [[nodiscard]] const Rules& rules() const { return rules_; }

 private:
  Rules rules_;
};

class Filter : public tamis::HttpFilter {
 public:
  explicit Filter(Policy& policy) : rules_(policy.rules()) {}

  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    if (rules_.response_asks_request) remember(headers);
    for (const Rule* rule = rules_.request; rule != nullptr; rule = rule->next) {
      if (rule->when.request_matches(headers) && rule->when.header_matches(headers)) {
        rule->apply(headers);
      }
    }
    return tamis::FilterStatus::Continue;
  }

  tamis::FilterStatus on_response_headers(tamis::Headers& headers, bool) override {
    const bool* answer = answers_;
    for (const Rule* rule = rules_.response; rule != nullptr; rule = rule->next) {
      // Without a request that we saw (it was answered before us), what it was like is unknown.
      if (rule->when.asks_request() && (answer == nullptr || !*answer++)) continue;
      if (rule->when.header_matches(headers)) rule->apply(headers);
    }
    return tamis::FilterStatus::Continue;
  }

 private:
  /// The request's headers are gone when the response comes: what its rules ask is answered now.
  void remember(tamis::Headers& headers) {
    bool* answer = memory().array<bool>(rules_.response_asks_request);
    answers_ = answer;
    for (const Rule* rule = rules_.response; rule != nullptr; rule = rule->next) {
      if (rule->when.asks_request()) *answer++ = rule->when.request_matches(headers);
    }
  }

  const Rules& rules_;
  const bool* answers_ = nullptr;
};

}  // namespace header_policy

TAMIS_HTTP_FILTER(header_policy::Filter, header_policy::Policy)
