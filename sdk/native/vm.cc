// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "vm.h"

#include <cstring>

#include "clock.h"
#include "shared_data.h"

namespace shim {

std::unique_ptr<Vm> Vm::start(uint64_t plugin, const Settings& settings, Metrics& metrics,
                              const std::string& image, std::string& refusal) {
  std::unique_ptr<Vm> vm(new Vm(plugin, settings, metrics));
  vm->library_ = Library::load(image, refusal);
  if (vm->library_ == nullptr) return nullptr;
  if (!vm->exports.find(*vm->library_)) {
    refusal = "it exports no proxy_abi_version_* or no allocator: no twin";
    return nullptr;
  }
  SharedData::all().join(settings.vm_id);
  vm->joined_ = true;
  for (const auto& [key, value] : settings.shared) {
    std::string there;
    uint32_t cas = 0;
    if (!SharedData::all().get(settings.vm_id, key, there, cas))
      SharedData::all().set(settings.vm_id, key, value, 0);
  }
  say(kTrace, "Thread-local twin created");
  refusal = vm->begin();
  return refusal.empty() ? std::move(vm) : nullptr;
}

Vm::~Vm() {
  if (joined_) SharedData::all().leave(settings.vm_id);
}

// In Envoy's order; the plugin's configuration is readable in the first and the last of the three.
std::string Vm::begin() {
  if (exports.initialize != nullptr) {
    Frame mine{*this, nullptr, nullptr};
    Frame* const outer = std::exchange(frame, &mine);
    exports.initialize();
    frame = outer;
  }
  configuring = true;
  call(exports.context_create, nullptr, kRoot, 0, 0U);
  attend();
  configuring = false;
  if (call(exports.vm_start, nullptr, kRoot, 1, settings.vm_configuration.size()) == 0)
    return "on_vm_start";
  attend();
  configuring = true;
  const bool fine = call(exports.configure, nullptr, kRoot, 1, settings.configuration.size()) != 0;
  configuring = false;
  attend();
  return fine ? std::string() : "on_configure";
}

void Vm::stop() {
  call(exports.done, nullptr, kRoot, 1);
  attend();
  call(exports.erase, nullptr, kRoot, 0);
  attend();
  set_timer(0);
}

void Vm::attend() {
  if (attending_) return;
  attending_ = true;
  for (size_t at = 0; at < asked_.size(); ++at) {
    const auto [id, what] = asked_[at];
    if (Stream* stream = find(id)) stream->perform(what);
  }
  asked_.clear();
  attending_ = false;
}

char* Vm::allocate(size_t size) {
  const bool traced = exports.memory_allocate && tracing();
  const std::string_view name = exports.memory_allocate.name;
  if (traced) say(kTrace, detail::line("[host->vm] ", name, size));
  void* room = exports.allocate(size);
  if (traced) {
    const auto at = std::to_string(reinterpret_cast<uintptr_t>(room));
    say(kTrace, std::string("[host<-vm] ").append(name).append(" return: ").append(at));
  }
  return static_cast<char*>(room);
}

uint32_t Vm::give(std::string_view bytes, const char** data, size_t* size) {
  char* room = nullptr;
  if (!bytes.empty()) {
    room = allocate(bytes.size());
    std::memcpy(room, bytes.data(), bytes.size());
  }
  *data = room;
  *size = bytes.size();
  return kOk;
}

void Vm::tick() {
  if (period_ == 0) return;
  call(exports.tick, nullptr, kRoot, 0);
  attend();
}

void Vm::set_timer(uint32_t period) {
  period_ = period;
  if (period != 0) clock::every(plugin_, period);
}

void Vm::answered(uint32_t number, Answer told, bool failed) {
  answer = std::move(told);
  answer.readable = !failed;
  if (failed) {
    status = kBrokenConnection;
    status_message = "reset";
  }
  call(exports.http_call_response, nullptr, kRoot, 0, number, answer.headers.size(),
       answer.body.size(), 0U);
  answer = {};
  status_message.clear();
  attend();
}

}  // namespace shim
