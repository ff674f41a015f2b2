// A guest written in C++: its memory is an array, its callbacks are functions. It meets the same
// host code as a WebAssembly guest.
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "native/host.h"

// Lives for one test.
class NativeGuest {
 public:
  using Address = uint32_t;
  using Body = std::function<uint32_t(std::vector<uint32_t>)>;

  char* at(Address address, size_t size) {
    return uint64_t{address} + size <= memory.size() ? memory.data() + address : nullptr;
  }
  Address allocate(size_t size) {
    if (refuse_allocations) return 0;
    const Address address = next_;
    next_ += static_cast<Address>(size);
    return address;
  }
  bool has(tamis::Callback callback) const { return callbacks.contains(callback); }
  template <size_t N>
  bool call(tamis::Callback callback, const std::array<uint32_t, N>& arguments, uint32_t& result) {
    seen.push_back(callback);
    const std::string_view outer = running_;
    running_ = tamis::kCallbacks[static_cast<size_t>(callback)].name;
    result = callbacks.at(callback)(std::vector<uint32_t>(arguments.begin(), arguments.end()));
    running_ = outer;
    return !broken;
  }
  std::string_view running() const { return running_; }
  bool failed() const { return broken; }
  void fail(tamis::TrapKind, std::string_view, std::string) { broken = true; }

  // Puts text somewhere; returns where.
  Address put(std::string_view text) {
    const Address address = allocate(text.size());
    std::memcpy(memory.data() + address, text.data(), text.size());
    return address;
  }
  uint32_t word(Address address) const {
    uint32_t value = 0;
    std::memcpy(&value, memory.data() + address, 4);
    return value;
  }
  uint64_t wide(Address address) const {
    uint64_t value = 0;
    std::memcpy(&value, memory.data() + address, 8);
    return value;
  }
  // What a hostcall returned through the words at kOut.
  std::string returned() const { return {memory.data() + word(kOut), word(kOut + 4)}; }

  static constexpr Address kOut = 16;
  static constexpr Address kFar = 0xfffffff0;

  std::vector<char> memory = std::vector<char>(1 << 21);
  std::map<tamis::Callback, Body> callbacks;
  std::vector<tamis::Callback> seen;
  bool broken = false, refuse_allocations = false;

 private:
  std::string_view running_;
  Address next_ = 4096;
};
static_assert(tamis::Guest<NativeGuest>);

using NativeHost = tamis::Host<NativeGuest>;

// A host with a guest and a plugin (context 1), and a stream (context 2) in the middle of a
// callback.
struct Rig {
  static constexpr uint32_t kPlugin = 1, kStream = 2;

  explicit Rig(uint32_t context = kStream) {
    stream.clear(host.take_id());
    stream.plugin = &plugin;
    host.enter(stream);
    enter(context);
  }
  void enter(uint32_t context) {
    host.touch(context);
    host.current = context;
  }
  // Makes one of the stream's maps visible.
  tamis::HeaderMap& show(uint32_t map) {
    tamis::Side& side = stream.sides[map / 2];
    tamis::HeaderMap& headers = map % 2 == 0 ? side.headers : side.trailers;
    stream.maps[map] = &headers;
    return headers;
  }
  tamis::Script script;
  NativeGuest guest;
  tamis::World world{script};
  NativeHost host{guest, world};
  tamis::PluginContext& plugin = host.add_plugin(script.plugin, 0);
  tamis::Stream stream;
};
