// Traces, backtraces and failed calls as Python sees them. Needs the GIL.
#pragma once

#include "convert.h"
#include "counts.h"
#include "failure.h"
#include "trace.h"

namespace tamis {

// A number, or (bytes, whole size), or (None, size) where the guest named bytes it has not.
inline nb::object to_object(const Traced& value) {
  switch (value.kind) {
    case Traced::Kind::kNumber:
      return nb::int_(value.number);
    case Traced::Kind::kSigned:
      return nb::int_(static_cast<int64_t>(value.number));
    case Traced::Kind::kBytes:
      return nb::make_tuple(to_bytes(value.bytes), value.size);
    case Traced::Kind::kOutside:
      break;
  }
  return nb::make_tuple(nb::none(), value.size);
}

inline nb::list to_list(const std::vector<Traced>& values) {
  nb::list out;
  for (const Traced& value : values) out.append(to_object(value));
  return out;
}

inline nb::object or_none(const std::optional<uint64_t>& value) {
  return value ? nb::object(nb::int_(*value)) : nb::none();
}

// (to_guest, name, depth, vm, step, arguments, values, result, trapped, fuel, bytes_in, bytes_out,
// allocations) each.
inline nb::list to_list(const Trace& trace) {
  nb::list out;
  for (const Crossing& each : trace.crossings())
    out.append(nb::make_tuple(each.to_guest, nb::str(each.name.data(), each.name.size()),
                              each.depth, each.vm, each.step, to_list(each.arguments),
                              to_list(each.values), or_none(each.result), each.trapped,
                              or_none(each.fuel), each.bytes_in, each.bytes_out, each.allocations));
  return out;
}

// (index, offset, name, module) of each frame, innermost first.
inline nb::list to_list(const std::vector<Frame>& frames) {
  nb::list out;
  for (const Frame& frame : frames)
    out.append(
        nb::make_tuple(frame.function, frame.offset, to_bytes(frame.name), to_bytes(frame.module)));
  return out;
}

// (import, status, count) of every status that was not OK.
inline nb::list failed_calls(const Counts& counts) {
  nb::list out;
  for (size_t i = 0; i < kImports.size(); ++i)
    for (size_t status = 0; status < counts.failed[i].size(); ++status)
      if (const uint32_t count = counts.failed[i][status]; count != 0)
        out.append(nb::make_tuple(nb::str(kImports[i].name.data(), kImports[i].name.size()), status,
                                  count));
  return out;
}

}  // namespace tamis
