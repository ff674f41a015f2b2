// The compiler and the clock that interrupts endless guests.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "limits.h"
#include "signals.h"
#include "wasmtime_api.h"

namespace tamis {

// Milliseconds between two epochs: the grain of deadlines.
inline constexpr uint64_t kEpochMs = 5;

// What a memory may take up, and the room behind it that catches what runs over.
inline constexpr uint64_t kReservation = uint64_t{4} << 30;
inline constexpr uint64_t kGuard = uint64_t{32} << 20;

// VMs that can live at once in one engine.
inline constexpr uint32_t kMaxVms = 256;

// Lives while any engine run is under way; its thread sleeps when nobody runs. Thread-safe.
class Ticker {
 public:
  Ticker(const wasmtime::Api& api, wasmtime::RawEngine* engine) : api_(api), engine_(engine) {}
  Ticker(const Ticker&) = delete;
  ~Ticker() { stop(); }
  // Ends the thread; nothing ticks any more. To be called before the engine goes.
  void stop() {
    {
      const std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  void enter() {
    const std::scoped_lock lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    ++running_;
    wake_.notify_all();
  }
  void leave() {
    const std::scoped_lock lock(mutex_);
    --running_;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      wake_.wait(lock, [this] { return stop_ || running_ > 0; });
      wake_.wait_for(lock, std::chrono::milliseconds(kEpochMs), [this] { return stop_; });
      api_.engine_tick(engine_);
    }
  }

  const wasmtime::Api& api_;
  wasmtime::RawEngine* engine_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
  size_t running_ = 0;
  bool stop_ = false;
};

// Lives as long as every module and VM made with it (they share it). Thread-safe. `fuel`: code is
// compiled to count fuel, which costs about a fifth of the speed of real guest work.
class Engine {
 public:
  Engine(const wasmtime::Api& api, bool fuel, size_t stack)
      : api(api),
        counts_fuel(fuel),
        raw(make(api, fuel, stack)),
        handlers(SignalHandlers::current()),
        ticker(api, raw) {
    try {
      probe();
    } catch (...) {
      // The ticker has no thread yet; only the engine needs care.
      api.engine_delete(raw);
      throw;
    }
  }
  Engine(const Engine&) = delete;
  ~Engine() {
    ticker.stop();
    api.engine_delete(raw);  // counts its references: compiled modules may outlive this call
  }

  // Compiles; throws std::invalid_argument with the engine's own words.
  wasmtime::RawModule* compile(std::string_view wasm) const {
    wasmtime::RawModule* module = nullptr;
    if (auto* error = api.module_new(raw, bytes(wasm), wasm.size(), &module))
      throw std::invalid_argument(api.consume(error));
    return module;
  }

  // Maps the file at `path`, which holds what `serialize` made with the same configuration and
  // version, whatever follows it; throws std::invalid_argument for anything else. The file must
  // come from our own cache: the engine trusts code in it. It may be deleted, but never change.
  wasmtime::RawModule* deserialize(const std::string& path) const {
    wasmtime::RawModule* module = nullptr;
    if (auto* error = api.module_deserialize(raw, path.c_str(), &module))
      throw std::invalid_argument(api.consume(error));
    return module;
  }

  // One of the VMs that can live at once, while it lives. Throws std::runtime_error.
  class Place {
   public:
    explicit Place(const Engine& engine) : taken_(engine.vms_) {
      if (++taken_ <= kMaxVms) return;
      --taken_;
      throw std::runtime_error("more than " + std::to_string(kMaxVms) + " VMs at once");
    }
    Place(const Place&) = delete;
    ~Place() { --taken_; }

   private:
    std::atomic<uint32_t>& taken_;
  };

  const wasmtime::Api& api;
  const bool counts_fuel;

 private:
  static const uint8_t* bytes(std::string_view text) {
    return reinterpret_cast<const uint8_t*>(text.data());
  }

  static wasmtime::RawEngine* make(const wasmtime::Api& api, bool fuel, size_t stack) {
    wasmtime::Config* config = api.config_new();
    api.config_fuel(config, fuel);
    api.config_epochs(config, true);
    api.config_max_stack(config, stack);
    api.config_may_move(config, false);
    api.config_reservation(config, kReservation);
    api.config_guard(config, kGuard);
    api.config_parallel(config, false);
    api.config_threads(config, true);
    api.config_memory64(config, true);
    api.config_tail_call(config, true);
    api.config_exceptions(config, true);
    api.config_relaxed_simd(config, true);
    if (can_reserve(kMaxVms * (kReservation + kGuard) * 2)) use_pool(api, config);
    return api.engine_new(config);
  }

  // Whether the process may take that much address space: the engine ends it where it may not.
  static bool can_reserve(size_t size) {
    void* const room =
        mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return room != MAP_FAILED && munmap(room, size) == 0;
  }

  // VMs take turns in address space that is mapped once: they start in a third of the time. What
  // bounds them is the store's limiter; the pool's own bounds are wider.
  static void use_pool(const wasmtime::Api& api, wasmtime::Config* config) {
    wasmtime::Pool* const pool = api.pool_new();
    api.pool_instances(pool, kMaxVms);
    api.pool_memories(pool, kMaxVms);
    api.pool_tables(pool, 4 * kMaxVms);
    api.pool_memories_each(pool, 16);
    api.pool_tables_each(pool, 64);
    api.pool_memory_size(pool, kReservation);
    api.pool_table_size(pool, 10'000'000);
    api.pool_instance_size(pool, size_t{64} << 20);
    api.pool_gc_heaps(pool, kMaxVms);
    api.pool_stacks(pool, 0);
    api.config_pool(config, pool);
    api.pool_delete(pool);
  }

  void probe() const;

  mutable std::atomic<uint32_t> vms_ = 0;

 public:
  wasmtime::RawEngine* const raw;
  const SignalHandlers handlers;  // the engine's own, installed when it is made
  Ticker ticker;
};

// (module (import "e" "f" (func $f (param i32) (result i32)))
//   (memory (export "m") 1) (func (export "g") (param i32) (result i32)
//     local.get 0 call $f i32.const 1 i32.add))
inline constexpr unsigned char kProbeModule[] = {
    0x00, 'a',  's',  'm',  1,    0,    0,    0,    0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01,
    0x7f, 0x02, 0x07, 0x01, 0x01, 'e',  0x01, 'f',  0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x05,
    0x03, 0x01, 0x00, 0x01, 0x07, 0x09, 0x02, 0x01, 'm',  0x02, 0x00, 0x01, 'g',  0x00, 0x01,
    0x0a, 0x0b, 0x01, 0x09, 0x00, 0x20, 0x00, 0x10, 0x00, 0x41, 0x01, 0x6a, 0x0b};

namespace detail {

inline wasmtime::Trap* probe_callback(void* env, wasmtime::Caller*, wasmtime::ValRaw* values,
                                      size_t count) {
  *static_cast<size_t*>(env) = count;
  values[0].u64 = uint64_t{values[0].u32} * 2;
  return nullptr;
}

inline void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("structure layout differs: ") + what);
}

}  // namespace detail

// Runs a tiny module through every structure whose layout we declare ourselves.
inline void Engine::probe() const {
  using detail::require;
  wasmtime::RawModule* module =
      compile({reinterpret_cast<const char*>(kProbeModule), sizeof kProbeModule});
  wasmtime::Store* store = api.store_new(raw, nullptr, nullptr);
  wasmtime::Context* context = api.store_context(store);
  if (counts_fuel) require(api.set_fuel(context, 1000) == nullptr, "fuel");
  api.set_deadline(context, uint64_t{1} << 40);

  wasmtime::ValType* i32[1] = {api.valtype_new(wasmtime::kI32)};
  wasmtime::ValTypeVec params{}, results{};
  api.valtype_vec_new(&params, 1, i32);
  i32[0] = api.valtype_new(wasmtime::kI32);
  api.valtype_vec_new(&results, 1, i32);
  wasmtime::FuncType* type = api.functype_new(&params, &results);
  size_t seen = 0;
  // One more than we pass, filled with a pattern: a wider layout would overwrite it.
  wasmtime::Extern imports[2];
  __builtin_memset(static_cast<void*>(imports), 0xa5, sizeof imports);
  imports[0].kind = wasmtime::kExternFunc;
  api.func_new(context, type, &detail::probe_callback, &seen, nullptr, &imports[0].of.func);
  api.functype_delete(type);
  require(imports[0].of.bytes[16] == 0xa5 && imports[1].kind == 0xa5, "wasmtime_func_t");

  wasmtime::Instance instance{};
  wasmtime::Trap* trap = nullptr;
  wasmtime::Error* error = api.instance_new(context, module, imports, 1, &instance, &trap);
  require(error == nullptr && trap == nullptr, "wasmtime_instance_t");
  wasmtime::Extern memory[2], func[2];
  __builtin_memset(static_cast<void*>(memory), 0xa5, sizeof memory);
  __builtin_memset(static_cast<void*>(func), 0xa5, sizeof func);
  require(api.instance_export(context, &instance, "m", 1, memory), "exports");
  require(memory[0].kind == wasmtime::kExternMemory && memory[1].kind == 0xa5, "wasmtime_extern_t");
  require(api.memory_size(context, &memory[0].of.memory) == 65536, "wasmtime_memory_t");
  require(api.memory_data(context, &memory[0].of.memory) != nullptr, "wasmtime_memory_t");
  require(api.instance_export(context, &instance, "g", 1, func), "exports");
  require(func[0].kind == wasmtime::kExternFunc && func[1].kind == 0xa5, "wasmtime_extern_t");
  wasmtime::ValRaw values[2];
  values[0].u64 = 20;
  values[1].u64 = 0xa5a5a5a5;
  error = api.func_call(context, &func[0].of.func, values, 1, &trap);
  require(error == nullptr && trap == nullptr && seen == 1, "wasmtime_val_raw_t");
  require(values[0].u32 == 41 && values[1].u64 == 0xa5a5a5a5, "wasmtime_val_raw_t");
  api.store_delete(store);
  api.module_delete(module);
}

}  // namespace tamis
