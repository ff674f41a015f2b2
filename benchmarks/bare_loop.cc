// A bare loop of unchecked wasmtime calls over benchmarks/modules/one_header.c: what an exchange
// costs when a host does nothing but copy both header lists and cross the boundary.
//
//   bare_loop LIBWASMTIME MODULE.wasm
//
// Reads the number of exchanges of each round from stdin, prints the seconds it took; ends with it.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "native/engine.h"

namespace {

using tamis::wasmtime::Api;
using tamis::wasmtime::Caller;
using tamis::wasmtime::Context;
using tamis::wasmtime::Extern;
using tamis::wasmtime::Func;
using tamis::wasmtime::Trap;
using tamis::wasmtime::ValRaw;

using Headers = std::vector<std::pair<std::string, std::string>>;

// Lives for the program.
struct Bare {
  const Api* api = nullptr;
  Context* context = nullptr;
  char* memory = nullptr;
  Func allocate{};
  Headers request, response;

  Headers& map(uint32_t id) { return id == 0 ? request : response; }
  uint32_t call(const Func& func, uint32_t a, uint32_t b = 0, uint32_t c = 0) {
    ValRaw values[3];
    values[0].u64 = a;
    values[1].u64 = b;
    values[2].u64 = c;
    Trap* trap = nullptr;
    if (api->func_call(context, &func, values, 3, &trap) != nullptr || trap != nullptr)
      std::abort();
    return values[0].u32;
  }
};

Trap* get_value(void* env, Caller*, ValRaw* v, size_t) {
  Bare& bare = *static_cast<Bare*>(env);
  const std::string_view key(bare.memory + v[1].u32, v[2].u32);
  const uint32_t value_out = v[3].u32, size_out = v[4].u32;
  for (const auto& [name, value] : bare.map(v[0].u32)) {
    if (name != key) continue;
    const auto size = static_cast<uint32_t>(value.size());
    const uint32_t at = bare.call(bare.allocate, size);
    std::memcpy(bare.memory + at, value.data(), size);
    std::memcpy(bare.memory + value_out, &at, 4);
    std::memcpy(bare.memory + size_out, &size, 4);
    v[0].u64 = 0;
    return nullptr;
  }
  v[0].u64 = 1;
  return nullptr;
}

Trap* add_value(void* env, Caller*, ValRaw* v, size_t) {
  Bare& bare = *static_cast<Bare*>(env);
  bare.map(v[0].u32).emplace_back(std::string(bare.memory + v[1].u32, v[2].u32),
                                  std::string(bare.memory + v[3].u32, v[4].u32));
  v[0].u64 = 0;
  return nullptr;
}

const Headers kRequest = {
    {":method", "GET"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":authority", "example.com"},
    {"user-agent", "curl/8.5.0"},
    {"accept", "*/*"},
    {"accept-encoding", "gzip"},
    {"accept-language", "en"},
    {"cookie", "session=0123456789abcdef"},
    {"x-request-id", "2f9f1bd2-3f2c-4f5e-9d0a-2f1f0a7d6c11"},
};
const Headers kResponse = {
    {":status", "200"},  {"content-type", "text/html"}, {"content-length", "0"},
    {"server", "bench"}, {"cache-control", "no-store"}, {"vary", "accept-encoding"},
};

Func exported(const Api& api, Context* context, const tamis::wasmtime::Instance& instance,
              const char* name) {
  Extern item{};
  if (!api.instance_export(context, &instance, name, std::strlen(name), &item)) std::abort();
  return item.of.func;
}

Func import(const Api& api, Context* context, Bare& bare, size_t params,
            tamis::wasmtime::Callback callback) {
  tamis::wasmtime::ValType* types[5];
  for (size_t i = 0; i < params; ++i) types[i] = api.valtype_new(tamis::wasmtime::kI32);
  tamis::wasmtime::ValTypeVec in{}, out{};
  api.valtype_vec_new(&in, params, types);
  types[0] = api.valtype_new(tamis::wasmtime::kI32);
  api.valtype_vec_new(&out, 1, types);
  Func func{};
  api.func_new(context, api.functype_new(&in, &out), callback, &bare, nullptr, &func);
  return func;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const Api api = tamis::wasmtime::load(argv[1]);
  const tamis::Engine engine(api, false, 512 << 10);
  std::ifstream file(argv[2], std::ios::binary);
  const std::string wasm((std::istreambuf_iterator<char>(file)), {});
  auto* module = engine.compile(wasm);
  auto* store = api.store_new(engine.raw, nullptr, nullptr);
  Bare bare;
  bare.api = &api;
  bare.context = api.store_context(store);
  api.set_deadline(bare.context, uint64_t{1} << 40);
  Extern imports[2]{};
  imports[0].of.func = import(api, bare.context, bare, 5, &get_value);
  imports[1].of.func = import(api, bare.context, bare, 5, &add_value);
  tamis::wasmtime::Instance instance{};
  Trap* trap = nullptr;
  if (auto* error = api.instance_new(bare.context, module, imports, 2, &instance, &trap)) {
    std::cerr << api.consume(error) << '\n';
    return 1;
  }
  const auto get = [&](const char* name) { return exported(api, bare.context, instance, name); };
  Extern memory{};
  api.instance_export(bare.context, &instance, "memory", 6, &memory);
  bare.memory = reinterpret_cast<char*>(api.memory_data(bare.context, &memory.of.memory));
  bare.allocate = get("malloc");
  const Func create = get("proxy_on_context_create"), request = get("proxy_on_request_headers"),
             response = get("proxy_on_response_headers"), log = get("proxy_on_log"),
             done = get("proxy_on_done"), remove = get("proxy_on_delete");
  uint32_t id = 1;
  for (uint64_t count = 0; std::cin >> count;) {
    const auto begin = std::chrono::steady_clock::now();
    for (uint64_t i = 0; i < count; ++i) {
      ++id;
      bare.request = kRequest;
      bare.response = kResponse;
      bare.call(create, id, 1);
      bare.call(request, id, 10, 1);
      bare.call(response, id, 6, 1);
      bare.call(log, id);
      bare.call(done, id);
      bare.call(remove, id);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::printf("%.9f\n", seconds.count());
    std::fflush(stdout);
  }
}
