// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a twin exports: its callbacks, and the allocator for what it is handed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "library.h"

namespace shim {

// What a callback gives back. Of a C++ or Rust `bool` only the lowest byte is set.
enum class Gives : uint8_t { kNothing, kBool, kNumber };

// A callback. Numbers are passed as wide as a register: a callee that takes 32 bits of one reads
// the lower half.
struct Export {
  const char* name;
  Gives gives;
  void* address = nullptr;

  explicit operator bool() const { return address != nullptr; }
};

struct Exports {
  Export context_create{"proxy_on_context_create", Gives::kNothing};
  Export vm_start{"proxy_on_vm_start", Gives::kBool};
  Export configure{"proxy_on_configure", Gives::kBool};
  Export tick{"proxy_on_tick", Gives::kNothing};
  std::array<Export, 2> headers{{{"proxy_on_request_headers", Gives::kNumber},
                                 {"proxy_on_response_headers", Gives::kNumber}}};
  std::array<Export, 2> body{
      {{"proxy_on_request_body", Gives::kNumber}, {"proxy_on_response_body", Gives::kNumber}}};
  std::array<Export, 2> trailers{{{"proxy_on_request_trailers", Gives::kNumber},
                                  {"proxy_on_response_trailers", Gives::kNumber}}};
  Export http_call_response{"proxy_on_http_call_response", Gives::kNothing};
  Export log{"proxy_on_log", Gives::kNothing};
  Export done{"proxy_on_done", Gives::kBool};
  Export erase{"proxy_on_delete", Gives::kNothing};
  Export memory_allocate{"proxy_on_memory_allocate", Gives::kNumber};
  void (*initialize)() = nullptr;
  void* (*allocate)(size_t) = nullptr;

  // False for what is no twin: it names no version of the ABI, or cannot be handed anything.
  bool find(const Library& library) {
    bool known = false;
    for (const char* marker :
         {"proxy_abi_version_0_2_1", "proxy_abi_version_0_2_0", "proxy_abi_version_0_1_0"})
      known = known || library.find(marker) != nullptr;
    Export* single[] = {&context_create,     &vm_start, &configure, &tick,
                        &http_call_response, &log,      &done,      &erase,
                        &memory_allocate};
    for (Export* one : single) one->address = library.find(one->name);
    for (auto* pair : {&headers, &body, &trailers})
      for (Export& one : *pair) one.address = library.find(one.name);
    initialize = reinterpret_cast<void (*)()>(library.find("_initialize"));
    void* own = memory_allocate ? memory_allocate.address : library.find("malloc");
    allocate = reinterpret_cast<void* (*)(size_t)>(own);
    return known && allocate != nullptr;
  }
};

}  // namespace shim
