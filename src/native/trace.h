// Every crossing of the boundary as it happens: names, arguments, results, fuel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tamis {

// Bytes kept of one value, and of a whole trace: beyond them crossings are only counted.
inline constexpr size_t kTracedValue = 4096;
inline constexpr size_t kTracedBytes = size_t{32} << 20;

// A number, or the beginning of bytes with their whole size.
struct Traced {
  uint64_t number = 0;
  std::string bytes;
  size_t size = 0;
  enum class Kind : uint8_t { kNumber, kSigned, kBytes, kOutside } kind = Kind::kNumber;
};

// One call over the boundary; those it led to follow it, deeper. `result`: what it returned, if it
// returns anything; `values`: what the host stored for the guest. `trapped`: it did not return.
// `bytes_in`, `bytes_out` and `allocations` are as in Counts, with those of all it led to.
struct Crossing {
  bool to_guest = false;
  std::string_view name;
  uint32_t depth = 0;
  uint32_t vm = 0;
  int32_t step = -1;
  std::vector<Traced> arguments, values;
  std::optional<uint64_t> result;
  bool trapped = false;
  std::optional<uint64_t> fuel;
  uint64_t bytes_in = 0, bytes_out = 0, allocations = 0;
};

// Lives with its world, is used by one thread.
class Trace {
 public:
  // To be ended with what it gives: crossings end in the order that they nest.
  size_t begin(Crossing crossing) {
    crossing.depth = depth_++;
    grow(crossing.arguments);
    bytes_ += sizeof crossing;
    if (bytes_ > kTracedBytes) {
      ++more_;
      return kDropped;
    }
    crossings_.push_back(std::move(crossing));
    return crossings_.size() - 1;
  }

  // Room for what a crossing gave, which is known at its end.
  void grow(const std::vector<Traced>& values) {
    for (const Traced& value : values) bytes_ += sizeof value + value.bytes.size();
  }

  // The crossing begun, to be completed; nullptr: it was dropped.
  Crossing* end(size_t at) {
    --depth_;
    return at == kDropped ? nullptr : &crossings_[at];
  }

  // The numbers of VMs, in the order in which they are made.
  uint32_t next_vm() { return vms_++; }

  const std::vector<Crossing>& crossings() const { return crossings_; }
  uint64_t more() const { return more_; }

 private:
  static constexpr size_t kDropped = SIZE_MAX;
  std::vector<Crossing> crossings_;
  size_t bytes_ = 0;
  uint64_t more_ = 0;
  uint32_t depth_ = 0, vms_ = 0;
};

}  // namespace tamis
