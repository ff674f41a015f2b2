#include "twin_support.h"

using namespace tamis;

using TwinRun = RunOf<TwinInstance>;

static void runs_and_counts() {
  const TwinFaults faults;
  const Script script = twin_script({"200", "200"});
  TwinRun run(twin(), script);
  CHECK(run.start().empty());
  CHECK(run.world.log.lines().size() == 2 &&
        run.world.log.text(run.world.log.lines()[0]) == "loaded");
  for (size_t at = 0; at < 2; ++at) {
    CHECK(run.step(at) == at + 1);
    const HeaderMap& headers = run.streams()[0]->stream().response().headers;
    CHECK(headers.value(headers.find("x-n")) == std::to_string(at + 1));
  }
  const Counts counts = run.counts();
  CHECK(counts.imports[static_cast<size_t>(Import::proxy_add_header_map_value)] == 2);
  CHECK(counts.allocations == 2 && counts.bytes_in == 6 && !run.fuel());
}

// Two VMs of one file: each has its own globals.
static void copies_share_nothing() {
  const TwinFaults faults;
  const Script script = twin_script({"200"});
  const auto library = twin();
  for (int i = 0; i < 2; ++i) {
    TwinRun run(library, script);
    CHECK(run.start().empty());
    run.step(0);
    const HeaderMap& headers = run.streams()[0]->stream().response().headers;
    CHECK(headers.value(headers.find("x-n")) == "1");
  }
}

static void restricted() {
  const TwinFaults faults;
  Script script = twin_script({"200"});
  script.plugin.capabilities = {"proxy_on_response_headers", "proxy_get_header_map_value"};
  TwinRun run(twin(), script);
  CHECK(run.start().empty());
  run.step(0);
  CHECK(run.streams()[0]->stream().response().headers.find("x-n") == HeaderMap::npos);
}

static void traced() {
  const TwinFaults faults;
  Script script = twin_script({"200"});
  script.trace = true;
  TwinRun run(twin(), script);
  CHECK(run.start().empty());
  run.step(0);
  bool seen = false;
  for (const Crossing& each : run.world.trace.crossings())
    seen |= each.name == "proxy_get_header_map_value" && each.arguments.at(1).bytes == ":status" &&
            each.values.at(0).bytes == "200";
  CHECK(seen);
}

static void what_does_not_load() {
  const TwinFaults faults;
  const Script script = twin_script({"200"});
  TwinRun run(std::make_shared<const TwinLibrary>("/etc/passwd"), script);
  CHECK(run.start() == "instantiation" && run.failure().text.find("ELF") != std::string::npos);
}

int main() {
  runs_and_counts();
  copies_share_nothing();
  restricted();
  traced();
  what_does_not_load();
}
