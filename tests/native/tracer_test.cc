#include "native/tracer.h"

#include "vm_support.h"

using namespace tamis;
using namespace std::string_literals;
using namespace std::string_literals;

// Calls proxy_log twice, the second time with bytes that lie outside of its memory.
static const std::string kLogs =
    "\x41\x02\x41\x00\x41\x03\x10\x00\x1a\x41\x02\x41\x7f\x41\x05\x10\x00\x1a\x41\x01"s;

int main(int argc, char** argv) {
  CHECK(argc == 2);
  Engines engines(argv[1]);
  const auto module = engines.load(wasm::filter("proxy_on_done", kLogs));
  Script script = script_of(1);
  script.trace = true;
  Run run(module, script);
  CHECK(run.start().empty());
  run.step(0);
  const auto& seen = run.world.trace.crossings();
  CHECK(seen.size() == 3);
  CHECK(seen[0].to_guest && seen[0].name == "proxy_on_done" && seen[0].result == 1);
  CHECK(seen[0].arguments.size() == 1 && !seen[0].fuel && seen[0].step == 0);
  CHECK(!seen[1].to_guest && seen[1].name == "proxy_log" && seen[1].depth == 1);
  CHECK(seen[1].result == kOk && seen[1].arguments.size() == 2);
  CHECK(seen[1].arguments[0].number == 2 && seen[1].arguments[1].bytes == std::string(3, '\0'));
  CHECK(seen[2].result == kInvalidMemoryAccess);
  CHECK(seen[0].bytes_out == 3 && seen[1].bytes_out == 3 && seen[2].bytes_out == 0);
  CHECK(seen[0].bytes_in == 0 && seen[0].allocations == 0);
  CHECK(seen[2].arguments[1].kind == Traced::Kind::kOutside && seen[2].arguments[1].size == 5);

  script.trace = false;
  Run plain(module, script);
  CHECK(plain.start().empty());
  plain.step(0);
  CHECK(plain.world.trace.crossings().empty() && plain.vm().host.counts.imports[0] == 2);
}
