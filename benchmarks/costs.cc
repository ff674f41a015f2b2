// What of the host core's costs only native code can count, for benchmarks/host.py.
//
//   costs LIBWASMTIME MODULE.wasm
//
// Prints the heap allocations of one exchange in the steady state, then the seconds from nothing to
// a VM whose plugin is configured, the least of many.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "allocations.h"
#include "native/replay.h"

using namespace tamis;

static Script one_exchange() {
  Script script;
  ExchangeInput input;
  input.request.headers.append(":method", "GET");
  input.request.headers.append(":path", "/index.html");
  input.request.headers.append("user-agent", "curl/8.5.0");
  input.request.headers.append("x-request-id", "2f9f1bd2-3f2c-4f5e-9d0a-2f1f0a7d6c11");
  input.answer.headers.append(":status", "200");
  input.answer.headers.append("content-type", "text/html");
  script.exchanges.push_back(std::move(input));
  script.steps.push_back({StepInput::Kind::kExchange, false, 0, 0});
  return script;
}

static size_t cost(const std::shared_ptr<Module>& module, const Script& script, uint64_t passes) {
  Run run(module, script);
  const size_t before = allocations;
  if (replay(run, passes, std::atomic<bool>(false)).exchanges != passes) std::exit(1);
  return allocations - before;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const wasmtime::Api api = wasmtime::load(argv[1]);
  std::ifstream file(argv[2], std::ios::binary);
  const std::string wasm((std::istreambuf_iterator<char>(file)), {});
  const auto engine = std::make_shared<const Engine>(api, false, size_t{512} << 10);
  const auto module = load_module(engine, wasm, "", 40);
  const Script script = one_exchange();
  const size_t few = cost(module, script, 1'000), many = cost(module, script, 101'000);
  std::printf("%g\n", (static_cast<double>(many) - static_cast<double>(few)) / 100'000);

  double least = 1;
  for (int i = 0; i < 5'000; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    Run run(module, script);
    if (!run.start().empty()) return 1;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    least = std::min(least, seconds.count());
  }
  std::printf("%.9f\n", least);
}
