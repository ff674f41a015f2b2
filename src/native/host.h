// The proxy-wasm host as one guest meets it: the state every hostcall reads and writes.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "counts.h"
#include "memory.h"
#include "pairs.h"
#include "plugin.h"
#include "stream.h"
#include "world.h"

namespace tamis {

// The context of the VM itself; plugins and streams share the ids from 1.
inline constexpr uint32_t kVmContext = 0;

// What the guest may call now: everything, or a list of abi_table.h.
enum class Allowed : uint8_t { kAll, kVmInit, kAllocator, kNothing };

// Lives with its VM. Used by one thread at a time; nothing in it is global.
template <Guest G>
class Host {
 public:
  using GuestType = G;
  using Address = typename G::Address;

  Host(G& guest, World& world)
      : guest(guest), world(world), script(world.script), random(script.seed) {
    belong(script.plugin, static_cast<uint32_t>(script.beside.size()));
  }
  Host(const Host&) = delete;

  // The stream that calls now touch: the effective context's, or none in plugin context.
  Stream& active() { return active_ != nullptr ? *active_ : nobody_; }
  // Whether calls now touch a stream.
  bool in_stream() const { return active_ != nullptr; }
  // The plugin that the VM is made for, while it loads: `index` as in `add_plugin`.
  void belong(const PluginInput& input, uint32_t index) {
    loading_.input = &input;
    loading_.index = index;
  }

  // The plugin that calls now touch; outside of any, the first one.
  PluginContext& plugin() { return *plugin_; }
  std::string_view vm_id() const { return plugin_->input->vm_id; }

  // Adds a plugin; its context id is the VM's next.
  PluginContext& add_plugin(const PluginInput& input, uint32_t index) {
    PluginContext& plugin = *plugins.emplace_back(std::make_unique<PluginContext>());
    plugin.id = take_id();
    plugin.index = index;
    plugin.input = &input;
    if (plugin_ == &loading_) plugin_ = &plugin;
    return plugin;
  }

  // A context id that nothing lives under.
  uint32_t take_id() {
    uint32_t id = 0;
    do {
      id = next_id_++;
    } while (id == kVmContext || known(id));
    return id;
  }

  void enter(Stream& stream) { streams.push_back(&stream); }
  void leave(const Stream& stream) {
    std::erase(streams, &stream);
    for (auto& [who, what] : asked_)
      if (who == &stream) who = nullptr;
  }

  // The stream that calls now touch is to do that when the callback has returned.
  void ask(Asked what) {
    if (active_ == nullptr) return;
    if (asked_.size() >= World::kMaxEvents)
      throw TooMany("things asked at once", World::kMaxEvents);
    asked_.emplace_back(active_, what);
  }

  // To be called after every callback: what was asked happens, first asked, first done. Callbacks
  // that run meanwhile end here too and go on where this one stands.
  void attend() {
    while (next_asked_ < asked_.size()) {
      const auto [stream, what] = asked_[next_asked_++];
      if (stream != nullptr) stream->flow->perform(what);
    }
    if (next_asked_ == 0) return;
    asked_.clear();
    next_asked_ = 0;
  }

  // Makes `context` the one that calls touch; false when nothing lives there.
  bool touch(uint32_t context) {
    if (active_ != nullptr && active_->id == context) {
      effective = context;
      return true;
    }
    for (Stream* stream : streams) {
      if (stream->id != context) continue;
      effective = context;
      active_ = stream;
      plugin_ = stream->plugin;
      return true;
    }
    for (const auto& plugin : plugins) {
      if (plugin->id != context) continue;
      effective = context;
      active_ = nullptr;
      plugin_ = plugin.get();
      return true;
    }
    return false;
  }

  // Guest bytes handed to the host; data() == nullptr: out of bounds.
  std::string_view read(Address address, size_t size) {
    const char* bytes = guest.at(address, size);
    if (bytes == nullptr) return {};
    counts.bytes_out += size;
    return {bytes, size};
  }

  template <typename T>
  bool write(Address address, T value) {
    char* bytes = guest.at(address, sizeof value);
    if (bytes == nullptr) return false;
    std::memcpy(bytes, &value, sizeof value);
    return true;
  }

  // Room for `size` bytes from the guest's allocator, or nullptr.
  char* allocate(size_t size, Address& address) {
    address = guest.allocate(size);
    return address == 0 ? nullptr : guest.at(address, size);
  }

  // Copies `value` into the guest and stores where and how long: the way every value is returned.
  Status give(std::string_view value, Address address_out, Address size_out) {
    Address address = 0;
    if (!value.empty()) {
      char* bytes = allocate(value.size(), address);
      if (bytes == nullptr) return kInvalidMemoryAccess;
      std::memcpy(bytes, value.data(), value.size());
      counts.bytes_in += value.size();
    }
    return give_range(address, value.size(), address_out, size_out);
  }

  Status give_range(Address address, size_t size, Address address_out, Address size_out) {
    if (!write(address_out, address) || !write(size_out, static_cast<Address>(size)))
      return kInvalidMemoryAccess;
    return kOk;
  }

  // The lower-case name: `name` itself where it is so already, else in the scratch text.
  std::string_view lowered(std::string_view name) {
    for (const char c : name) {
      if (c >= 'A' && c <= 'Z') {
        text.assign(name);
        lower(text);
        return text;
      }
    }
    return name;
  }

  // Adds the pairs that the guest serialized to `map`; malformed ones are none at all.
  void fill(HeaderMap& map, std::string_view serialized) {
    read_pairs(serialized, pairs);
    for (const auto& [name, value] : pairs) map.add(lowered(name), value);
  }

  // Calls a callback in `context`; absent callbacks answer `absent`. False: the guest broke, now or
  // before.
  template <size_t N>
  bool call(Callback callback, uint32_t context, const std::array<uint32_t, N>& arguments,
            uint32_t& result, uint32_t absent = 0) {
    stop_next = false;
    if (guest.failed()) return false;
    if (!guest.has(callback)) {
      result = absent;
      return true;
    }
    touch(context);
    current = context;
    const bool fine = guest.call(callback, arguments, result);
    current = effective = kVmContext;
    active_ = nullptr;
    return fine;
  }

  void log(uint32_t level, std::string_view text) {
    world.log.add(level, plugin_->index, text, script.limits.log_bytes);
  }

  G& guest;
  World& world;
  const Script& script;
  Counts counts;
  Random random;
  std::vector<std::unique_ptr<PluginContext>> plugins;
  std::vector<Stream*> streams;  // those that live
  Pairs pairs;                   // scratch of hostcalls
  std::string text;              // scratch of hostcalls; the allocator may change it
  std::string value;             // scratch of properties
  MetricIds metric_ids;
  uint32_t abi = 0;  // index into kAbiVersions
  uint32_t current = kVmContext, effective = kVmContext;
  std::array<uint32_t, 3> next_call{4, 5, 6};  // callout ids, by kind
  uint32_t next_dns = 2;                       // tokens of envoy_resolve_dns
  bool stop_next = false;  // a local reply was asked for: the callback's status does not count
  Allowed allowed = Allowed::kAll;

 private:
  bool known(uint32_t id) const {
    for (const Stream* stream : streams)
      if (stream->id == id) return true;
    for (const auto& plugin : plugins)
      if (plugin->id == id) return true;
    return false;
  }

  std::vector<std::pair<Stream*, Asked>> asked_;
  size_t next_asked_ = 0;
  uint32_t next_id_ = 1;
  Stream* active_ = nullptr;
  PluginContext loading_;  // stands for a plugin until there is one
  PluginContext* plugin_ = &loading_;
  Stream nobody_;
};

namespace hostcalls {

// What a guest hands over as an address, or as the size of what lies there.
template <typename H>
using Address = typename H::Address;

}  // namespace hostcalls

}  // namespace tamis
