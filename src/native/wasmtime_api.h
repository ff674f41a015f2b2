// wasmtime's C API, resolved at run time from the shared library inside the Python wheel. The wheel
// ships no headers: these are our own declarations of what we call, checked at start by
// engine.h's probe, so that an incompatible library fails with a message and not with a crash.
#pragma once

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace tamis::wasmtime {

struct Config;
struct RawEngine;
struct RawModule;
struct Store;
struct Context;
struct Error;
struct Trap;
struct Caller;
struct ValType;
struct FuncType;
struct MemoryType;
struct TableType;
struct Pool;

struct ByteVec {
  size_t size;
  char* data;
};
struct ValTypeVec {
  size_t size;
  ValType** data;
};
struct Frame;
struct FrameVec {
  size_t size;
  Frame** data;
};
struct Limits {
  uint32_t min;
  uint32_t max;
};
struct Func {
  uint64_t store_id;
  void* inner;
};
struct Memory {
  uint64_t store_id;
  uint32_t inner1;
  uint32_t padding;
  uint32_t inner2;
  uint32_t padding2;
};
struct Instance {
  uint64_t store_id;
  size_t inner;
};
struct Extern {
  uint8_t kind;
  union {
    Func func;
    Memory memory;
    Memory table;
    uint8_t bytes[24];
  } of;
};
// Little-endian always; v128 sets the size and the alignment.
union alignas(8) ValRaw {
  uint32_t u32;
  uint64_t u64;
  uint8_t v128[16];
};
struct Val {
  uint8_t kind;
  union alignas(8) {
    uint64_t u64;
    uint8_t bytes[24];
  } of;
};
static_assert(sizeof(Func) == 16 && sizeof(Memory) == 24 && sizeof(Instance) == 16);
static_assert(sizeof(Extern) == 32 && sizeof(ValRaw) == 16 && sizeof(Val) == 32);

enum ExternKind : uint8_t {
  kExternFunc = 0,
  kExternGlobal = 1,
  kExternTable = 2,
  kExternMemory = 3
};
enum ValKind : uint8_t { kI32 = 0, kI64 = 1, kF32 = 2, kF64 = 3, kWasmFuncRef = 129 };
enum TrapCode : uint8_t {
  kStackOverflow = 0,
  kMemoryOutOfBounds = 1,
  kUnreachable = 9,
  kInterrupt = 10,
  kOutOfFuel = 11,
};

using Callback = Trap* (*)(void* env, Caller* caller, ValRaw* values, size_t count);
using Finalizer = void (*)(void*);
// As `func_call`; what goes before the function is the engine's context.
using Call = Error* (*)(void* where, const Func*, ValRaw*, size_t, Trap**);

// name in our struct, symbol, result, parameters
#define TAMIS_WASMTIME_SYMBOLS(X)                                                                  \
  X(config_new, wasm_config_new, Config*, ())                                                      \
  X(config_fuel, wasmtime_config_consume_fuel_set, void, (Config*, bool))                          \
  X(config_epochs, wasmtime_config_epoch_interruption_set, void, (Config*, bool))                  \
  X(config_max_stack, wasmtime_config_max_wasm_stack_set, void, (Config*, size_t))                 \
  X(config_may_move, wasmtime_config_memory_may_move_set, void, (Config*, bool))                   \
  X(config_reservation, wasmtime_config_memory_reservation_set, void, (Config*, uint64_t))         \
  X(config_guard, wasmtime_config_memory_guard_size_set, void, (Config*, uint64_t))                \
  X(config_opt_level, wasmtime_config_cranelift_opt_level_set, void, (Config*, uint8_t))           \
  X(config_parallel, wasmtime_config_parallel_compilation_set, void, (Config*, bool))              \
  X(config_threads, wasmtime_config_wasm_threads_set, void, (Config*, bool))                       \
  X(config_memory64, wasmtime_config_wasm_memory64_set, void, (Config*, bool))                     \
  X(config_tail_call, wasmtime_config_wasm_tail_call_set, void, (Config*, bool))                   \
  X(config_exceptions, wasmtime_config_wasm_exceptions_set, void, (Config*, bool))                 \
  X(config_relaxed_simd, wasmtime_config_wasm_relaxed_simd_deterministic_set, void,                \
    (Config*, bool))                                                                               \
  X(config_pool, wasmtime_pooling_allocation_strategy_set, void, (Config*, const Pool*))           \
  X(pool_new, wasmtime_pooling_allocation_config_new, Pool*, ())                                   \
  X(pool_delete, wasmtime_pooling_allocation_config_delete, void, (Pool*))                         \
  X(pool_instances, wasmtime_pooling_allocation_config_total_core_instances_set, void,             \
    (Pool*, uint32_t))                                                                             \
  X(pool_memories, wasmtime_pooling_allocation_config_total_memories_set, void, (Pool*, uint32_t)) \
  X(pool_tables, wasmtime_pooling_allocation_config_total_tables_set, void, (Pool*, uint32_t))     \
  X(pool_memory_size, wasmtime_pooling_allocation_config_max_memory_size_set, void,                \
    (Pool*, size_t))                                                                               \
  X(pool_table_size, wasmtime_pooling_allocation_config_table_elements_set, void, (Pool*, size_t)) \
  X(pool_instance_size, wasmtime_pooling_allocation_config_max_core_instance_size_set, void,       \
    (Pool*, size_t))                                                                               \
  X(pool_memories_each, wasmtime_pooling_allocation_config_max_memories_per_module_set, void,      \
    (Pool*, uint32_t))                                                                             \
  X(pool_tables_each, wasmtime_pooling_allocation_config_max_tables_per_module_set, void,          \
    (Pool*, uint32_t))                                                                             \
  X(pool_gc_heaps, wasmtime_pooling_allocation_config_total_gc_heaps_set, void, (Pool*, uint32_t)) \
  X(pool_stacks, wasmtime_pooling_allocation_config_total_stacks_set, void, (Pool*, uint32_t))     \
  X(engine_new, wasm_engine_new_with_config, RawEngine*, (Config*))                                \
  X(engine_delete, wasm_engine_delete, void, (RawEngine*))                                         \
  X(engine_tick, wasmtime_engine_increment_epoch, void, (RawEngine*))                              \
  X(module_new, wasmtime_module_new, Error*, (RawEngine*, const uint8_t*, size_t, RawModule**))    \
  X(module_delete, wasmtime_module_delete, void, (RawModule*))                                     \
  X(module_serialize, wasmtime_module_serialize, Error*, (RawModule*, ByteVec*))                   \
  X(module_deserialize, wasmtime_module_deserialize_file, Error*,                                  \
    (RawEngine*, const char*, RawModule**))                                                        \
  X(store_new, wasmtime_store_new, Store*, (RawEngine*, void*, Finalizer))                         \
  X(store_delete, wasmtime_store_delete, void, (Store*))                                           \
  X(store_limiter, wasmtime_store_limiter, void,                                                   \
    (Store*, int64_t, int64_t, int64_t, int64_t, int64_t))                                         \
  X(store_context, wasmtime_store_context, Context*, (Store*))                                     \
  X(set_fuel, wasmtime_context_set_fuel, Error*, (Context*, uint64_t))                             \
  X(get_fuel, wasmtime_context_get_fuel, Error*, (Context*, uint64_t*))                            \
  X(set_deadline, wasmtime_context_set_epoch_deadline, void, (Context*, uint64_t))                 \
  X(functype_new, wasm_functype_new, FuncType*, (ValTypeVec*, ValTypeVec*))                        \
  X(functype_delete, wasm_functype_delete, void, (FuncType*))                                      \
  X(valtype_new, wasm_valtype_new, ValType*, (uint8_t))                                            \
  X(valtype_vec_new, wasm_valtype_vec_new, void, (ValTypeVec*, size_t, ValType* const*))           \
  X(memorytype_new, wasm_memorytype_new, MemoryType*, (const Limits*))                             \
  X(memorytype_delete, wasm_memorytype_delete, void, (MemoryType*))                                \
  X(tabletype_new, wasm_tabletype_new, TableType*, (ValType*, const Limits*))                      \
  X(tabletype_delete, wasm_tabletype_delete, void, (TableType*))                                   \
  X(func_new, wasmtime_func_new_unchecked, void,                                                   \
    (Context*, const FuncType*, Callback, void*, Finalizer, Func*))                                \
  X(func_call, wasmtime_func_call_unchecked, Error*,                                               \
    (void*, const Func*, ValRaw*, size_t, Trap**))                                                 \
  X(memory_new, wasmtime_memory_new, Error*, (Context*, const MemoryType*, Memory*))               \
  X(table_new, wasmtime_table_new, Error*, (Context*, const TableType*, const Val*, Memory*))      \
  X(memory_data, wasmtime_memory_data, uint8_t*, (const Context*, const Memory*))                  \
  X(memory_size, wasmtime_memory_data_size, size_t, (const Context*, const Memory*))               \
  X(instance_new, wasmtime_instance_new, Error*,                                                   \
    (Context*, const RawModule*, const Extern*, size_t, Instance*, Trap**))                        \
  X(instance_export, wasmtime_instance_export_get, bool,                                           \
    (Context*, const Instance*, const char*, size_t, Extern*))                                     \
  X(error_message, wasmtime_error_message, void, (const Error*, ByteVec*))                         \
  X(error_delete, wasmtime_error_delete, void, (Error*))                                           \
  X(error_trace, wasmtime_error_wasm_trace, void, (const Error*, FrameVec*))                       \
  X(trap_new, wasmtime_trap_new, Trap*, (const char*, size_t))                                     \
  X(trap_message, wasm_trap_message, void, (const Trap*, ByteVec*))                                \
  X(trap_code, wasmtime_trap_code, bool, (const Trap*, uint8_t*))                                  \
  X(trap_trace, wasm_trap_trace, void, (const Trap*, FrameVec*))                                   \
  X(trap_delete, wasm_trap_delete, void, (Trap*))                                                  \
  X(frame_index, wasm_frame_func_index, uint32_t, (const Frame*))                                  \
  X(frame_offset, wasm_frame_func_offset, size_t, (const Frame*))                                  \
  X(frame_name, wasmtime_frame_func_name, const ByteVec*, (const Frame*))                          \
  X(frame_module, wasmtime_frame_module_name, const ByteVec*, (const Frame*))                      \
  X(frame_vec_delete, wasm_frame_vec_delete, void, (FrameVec*))                                    \
  X(byte_vec_delete, wasm_byte_vec_delete, void, (ByteVec*))

// Lives as long as everything made with it; immutable once loaded. One per shared library.
struct Api {
#define TAMIS_MEMBER(name, symbol, result, params) result(*name) params = nullptr;
  TAMIS_WASMTIME_SYMBOLS(TAMIS_MEMBER)
#undef TAMIS_MEMBER

  // The text of an error, which is deleted. Throws nothing.
  std::string consume(Error* error) const {
    ByteVec text{};
    error_message(error, &text);
    error_delete(error);
    return take(text);
  }

  // A copy of `vec`, which is released.
  std::string take(ByteVec& vec) const {
    std::string copy(vec.data, vec.size);
    byte_vec_delete(&vec);
    while (!copy.empty() && copy.back() == '\0') copy.pop_back();
    return copy;
  }
};

// Resolves every symbol of the library at `path`; throws std::runtime_error that names what lacks.
// The library stays loaded for the life of the process: code compiled by it may be running.
inline Api load(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = dlerror();
    throw std::runtime_error(why == nullptr ? "dlopen failed" : why);
  }
  Api api;
#define TAMIS_RESOLVE(name, symbol, result, params)                         \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(library, #symbol)); \
  if (api.name == nullptr) throw std::runtime_error("no symbol " #symbol);
  TAMIS_WASMTIME_SYMBOLS(TAMIS_RESOLVE)
#undef TAMIS_RESOLVE
  return api;
}

}  // namespace tamis::wasmtime
