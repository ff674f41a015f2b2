#include "native/trace.h"

#include "check.h"

using namespace tamis;

static Crossing named(std::string_view name) {
  Crossing crossing;
  crossing.name = name;
  return crossing;
}

int main() {
  {
    Trace trace;
    const size_t outer = trace.begin(named("outer"));
    const size_t inner = trace.begin(named("inner"));
    trace.end(inner)->result = 1;
    trace.end(outer)->trapped = true;
    trace.end(trace.begin(named("next")));
    CHECK(trace.crossings().size() == 3 && trace.more() == 0);
    CHECK(trace.crossings()[0].depth == 0 && trace.crossings()[0].trapped);
    CHECK(trace.crossings()[1].depth == 1 && trace.crossings()[1].result == 1);
    CHECK(trace.crossings()[2].depth == 0);
    CHECK(trace.next_vm() == 0 && trace.next_vm() == 1);
  }
  {
    Trace trace;  // what a crossing gives takes room as what it is told does
    const size_t at = trace.begin(named("given"));
    Crossing* given = trace.end(at);
    given->values.push_back({0, std::string(kTracedBytes, 'x'), 0, {}});
    CHECK(trace.end(trace.begin(named("before"))) != nullptr);
    trace.grow(trace.crossings()[at].values);
    CHECK(trace.end(trace.begin(named("behind"))) == nullptr && trace.more() == 1);
  }
  {
    Trace trace;
    const auto big = [&] {
      Crossing crossing = named("big");
      crossing.arguments.push_back({0, std::string(kTracedBytes / 4, 'x'), 0, {}});
      return trace.begin(std::move(crossing));
    };
    CHECK(trace.end(big()) != nullptr && trace.end(big()) != nullptr);
    CHECK(trace.end(big()) != nullptr && trace.end(big()) == nullptr);
    CHECK(trace.end(trace.begin(named("small"))) == nullptr);
    CHECK(trace.crossings().size() == 3 && trace.more() == 2);
  }
}
