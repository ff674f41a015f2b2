// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a callback is exported under its name and a host function imported: by attributes of
// WebAssembly, or, in a shared library, by the names of its symbols.
//
//   TAMIS_EXPORT(proxy_on_tick)
//   static void call(uint32_t id) {
//     TAMIS_SYMBOL(proxy_on_tick, call);
//   }
#ifndef TAMIS_BACKEND_LINKAGE_H_
#define TAMIS_BACKEND_LINKAGE_H_

// What is instantiated with a filter of an unnamed namespace is local to its source, and hidden
// with a filter that is; so the assembler is told, inside the function that is meant.
#if defined(__wasm__)
#define TAMIS_EXPORT(name) [[gnu::used, clang::export_name(#name)]]
#define TAMIS_SYMBOL(name, function) asm(".globl %c0" : : "i"(&function))
#define TAMIS_IMPORT(name) [[clang::import_module("env"), clang::import_name(#name)]]
#else
#define TAMIS_EXPORT(name) [[gnu::used]]
#define TAMIS_SYMBOL(name, function) \
  asm(".globl " #name "\n.type " #name ",@function\n.set " #name ",%c0" : : "i"(&function))
#define TAMIS_IMPORT(name)
#endif

#endif  // TAMIS_BACKEND_LINKAGE_H_
