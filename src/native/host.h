// The proxy-wasm host as one guest meets it: the state every hostcall reads and writes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "clock.h"
#include "counts.h"
#include "log.h"
#include "memory.h"
#include "pairs.h"
#include "script.h"
#include "stream.h"

namespace tamis {

// Context ids as Envoy gives them: 0 the VM, 1 the plugin, then streams.
inline constexpr uint32_t kVmContext = 0;
inline constexpr uint32_t kPluginContext = 1;

// What the guest may call now: everything, or a list of abi_table.h.
enum class Allowed : uint8_t { kAll, kVmInit, kAllocator, kNothing };

// Lives with its VM. Used by one thread at a time; nothing in it is global.
template <Guest G>
class Host {
 public:
  using Address = typename G::Address;

  Host(G& guest, const Script& script) : guest(guest), script(script), random(script.seed) {
    clock.start = script.now;
    stream.join(script.joined);
  }
  Host(const Host&) = delete;

  // The stream that calls now touch: the current one, or none in plugin context.
  Stream& active() { return in_stream(effective) ? stream : nobody_; }
  bool in_stream(uint32_t context) const { return context > kPluginContext; }

  // Guest bytes handed to the host; data() == nullptr: out of bounds.
  std::string_view read(Address address, uint32_t size) {
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
    if (!write(address_out, address) || !write(size_out, static_cast<uint32_t>(size)))
      return kInvalidMemoryAccess;
    return kOk;
  }

  // Calls a callback in `context`; absent callbacks answer `absent`. False: the guest broke.
  template <size_t N>
  bool call(Callback callback, uint32_t context, const std::array<uint32_t, N>& arguments,
            uint32_t& result, uint32_t absent = 0) {
    stop_next = false;
    if (!guest.has(callback)) {
      result = absent;
      return true;
    }
    current = effective = context;
    const bool fine = guest.call(callback, arguments, result);
    current = effective = kVmContext;
    return fine;
  }

  G& guest;
  const Script& script;
  Counts counts;
  VirtualClock clock;
  Random random;
  Log log;
  Stream stream;
  Pairs pairs;        // scratch of hostcalls
  std::string text;   // scratch of hostcalls; the allocator may change it
  std::string value;  // scratch of properties
  uint32_t abi = 0;   // index into kAbiVersions
  uint32_t current = kVmContext, effective = kVmContext;
  bool configuring = false;  // the plugin configuration is readable
  bool stop_next = false;    // a local reply was asked for: the callback's status does not count
  Allowed allowed = Allowed::kAll;

 private:
  Stream nobody_;
};

}  // namespace tamis
