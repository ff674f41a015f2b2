// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "plugin.h"

#include <atomic>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include "clock.h"

namespace shim {

namespace {

// What all VMs of a plugin share; it lives as long as one of them does.
struct Core {
  Core(Settings its, envoy::Config config) : settings(std::move(its)), metrics(config) {}
  const Settings settings;
  Metrics metrics;
  std::string image;
};

struct Own {
  std::shared_ptr<Core> core;
  std::unique_ptr<Vm> vm;
};

// The VMs of a thread. Never destroyed: when threads end, Envoy is half gone already.
std::map<uint64_t, Own>& own() {
  static thread_local auto* const vms = new std::map<uint64_t, Own>;
  return *vms;
}

// What plugins there are, and, without a clock, which are gone but may have VMs.
struct Known {
  std::mutex mutex;
  std::map<uint64_t, std::shared_ptr<Core>> plugins;
  std::set<uint64_t> gone;
  std::atomic<uint64_t> last = 0, ended = 0;
};
Known& known() {
  static auto* const all = new Known;
  return *all;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Vm* begin(uint64_t number) {
  const auto at = own().find(number);
  if (at != own().end()) return at->second.vm.get();
  std::shared_ptr<Core> core;
  {
    const std::lock_guard lock(known().mutex);
    const auto plugin = known().plugins.find(number);
    if (plugin == known().plugins.end()) return nullptr;
    core = plugin->second;
  }
  std::string refusal;
  auto vm = Vm::start(number, core->settings, core->metrics, core->image, refusal);
  if (vm == nullptr) say(kError, "twin " + core->settings.path + " does not start: " + refusal);
  Vm* const made = vm.get();
  own().emplace(number, Own{std::move(core), std::move(vm)});
  return made;
}

void end(uint64_t number) {
  const auto at = own().find(number);
  if (at == own().end()) return;
  const Own mine = std::move(at->second);
  own().erase(at);
  if (mine.vm != nullptr) mine.vm->stop();
}

// Ends the VMs of this thread that nobody told it to end.
void sweep() {
  static thread_local uint64_t swept = 0;
  const uint64_t ended = known().ended;
  if (swept == ended) return;
  swept = ended;
  std::set<uint64_t> gone;
  {
    const std::lock_guard lock(known().mutex);
    gone = known().gone;
  }
  for (const uint64_t number : gone) end(number);
}

}  // namespace

std::unique_ptr<Plugin> Plugin::make(envoy::Config config, std::string_view path,
                                     std::string_view text) {
  auto core = std::make_shared<Core>(read_settings(path, text), config);
  core->image = read(core->settings.path);
  if (core->image.empty()) {
    say(kError, "twin " + core->settings.path + " does not start: no such file");
    return nullptr;
  }
  const uint64_t number = ++known().last;
  {
    const std::lock_guard lock(known().mutex);
    known().plugins.emplace(number, core);
  }
  std::unique_ptr<Plugin> plugin(new Plugin(number));
  if (begin(number) == nullptr) return nullptr;
  core->metrics.freeze();
  if (clock::there()) clock::tell({number, Event::kBegin});
  return plugin;
}

Plugin::~Plugin() {
  {
    const std::lock_guard lock(known().mutex);
    const auto at = known().plugins.find(number_);
    if (at != known().plugins.end()) {
      at->second->metrics.close();
      known().plugins.erase(at);
    }
    if (!clock::there()) known().gone.insert(number_);
  }
  if (clock::there()) {
    clock::post({number_, Event::kEnd});
    return;
  }
  ++known().ended;
  end(number_);
}

Vm* Plugin::vm() const {
  sweep();
  return begin(number_);
}

void Plugin::happened(Event event) {
  if (event.what == Event::kBegin) begin(event.plugin);
  if (event.what == Event::kEnd) {
    clock::every(event.plugin, 0);
    end(event.plugin);
  }
  const auto at = own().find(event.plugin);
  if (event.what == Event::kTick && at != own().end() && at->second.vm) at->second.vm->tick();
}

}  // namespace shim
