// Between Python's objects and the core's values. Text travels as bytes. Needs the GIL.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <string>
#include <string_view>

#include "vm.h"

namespace tamis {

namespace nb = nanobind;

inline std::string_view view(const nb::bytes& bytes) { return {bytes.c_str(), bytes.size()}; }
inline nb::bytes to_bytes(std::string_view text) { return nb::bytes(text.data(), text.size()); }

// -- Python to values ------------------------------------------------------------------------

inline void fill(HeaderMap& map, const nb::list& pairs) {
  for (const nb::handle item : pairs) {
    const auto pair = nb::cast<nb::tuple>(item);
    std::string name(view(nb::cast<nb::bytes>(pair[0])));
    lower(name);
    map.append(name, view(nb::cast<nb::bytes>(pair[1])));
  }
}

inline void fill(Input& input, const nb::list& headers, const nb::list& chunks,
                 const nb::object& trailers) {
  fill(input.headers, headers);
  for (const nb::handle chunk : chunks) input.chunks.emplace_back(view(nb::cast<nb::bytes>(chunk)));
  if (trailers.is_none()) return;
  input.has_trailers = true;
  fill(input.trailers, nb::cast<nb::list>(trailers));
}

inline void add_exchange(Script& script, const nb::list& headers, const nb::list& chunks,
                         const nb::object& trailers, const nb::list& answer_headers,
                         const nb::list& answer_chunks, const nb::object& answer_trailers,
                         uint64_t after, bool reset) {
  ExchangeInput& exchange = script.exchanges.emplace_back();
  fill(exchange.request, headers, chunks, trailers);
  fill(exchange.answer, answer_headers, answer_chunks, answer_trailers);
  exchange.after = after;
  exchange.reset = reset;
}

inline void set_joined(Script& script, const nb::list& request, const nb::list& response) {
  const auto names = [](const nb::list& list) {
    std::vector<std::string> out;
    for (const nb::handle item : list) out.emplace_back(view(nb::cast<nb::bytes>(item)));
    return JoinedNames(std::move(out));
  };
  script.joined = {names(request), names(response)};
}

inline void add_pair(std::vector<std::pair<std::string, std::string>>& to, const nb::bytes& key,
                     const nb::bytes& value) {
  to.emplace_back(view(key), view(value));
}

inline constexpr std::pair<std::string_view, Fault> kFaults[] = {
    {"drop-duplicate", Fault::kDropDuplicate},
    {"swap-headers", Fault::kSwapHeaders},
    {"lose-trailer", Fault::kLoseTrailer},
    {"wrong-end-of-stream", Fault::kWrongEndOfStream},
    {"lose-body-byte", Fault::kLoseBodyByte},
    {"skip-response-headers-after-local-reply", Fault::kSkipResponseHeadersAfterLocalReply},
};

inline void set_fault(Script& script, const std::string& name) {
  for (const auto& [known, fault] : kFaults) {
    if (known == name) {
      script.fault = fault;
      return;
    }
  }
  throw nb::value_error("no such fault");
}

inline void refuse_last(Script& script, int32_t status, const nb::bytes& details,
                        const nb::bytes& body) {
  ExchangeInput& exchange = script.exchanges.back();
  exchange.refused = status;
  exchange.refused_details = view(details);
  exchange.refused_body = view(body);
}

// -- values to Python ------------------------------------------------------------------------

inline nb::list to_list(const HeaderMap& map) {
  nb::list out;
  for (size_t i = 0; i < map.size(); ++i)
    out.append(nb::make_tuple(to_bytes(map.name(i)), to_bytes(map.value(i))));
  return out;
}

// (headers, body, trailers, complete), or None when it never left the filter.
inline nb::object to_message(const Side& side) {
  if (!side.headers_sent) return nb::none();
  const HeaderMap none;
  const bool trailers = side.has_trailers && side.complete;
  return nb::make_tuple(to_list(side.headers), to_bytes(side.sent),
                        to_list(trailers ? side.trailers : none), side.complete);
}

inline const char* to_text(Reset reset) {
  constexpr const char* kNames[] = {"", "upstream", "downstream", "filter"};
  return kNames[static_cast<size_t>(reset)];
}

inline const char* to_text(TrapKind kind) {
  constexpr const char* kNames[] = {"", "unreachable", "oob", "stack", "oom", "deadline", "other"};
  return kNames[static_cast<size_t>(kind)];
}

inline nb::dict to_dict(const Stream& stream) {
  nb::dict out;
  out["request"] = to_message(stream.request());
  out["response"] = to_message(stream.response());
  out["local_reply"] = nb::none();
  if (stream.reply.sent)
    out["local_reply"] = nb::make_tuple(stream.reply.status, to_bytes(stream.reply.details));
  out["reset"] = to_text(stream.reset);
  nb::list pauses;
  for (const auto& [callback, status] : stream.pauses)
    pauses.append(
        nb::make_tuple(std::string(kCallbacks[static_cast<size_t>(callback)].name), status));
  out["pauses"] = pauses;
  nb::list state;
  for (const auto& [key, value] : stream.filter_state)
    state.append(nb::make_tuple(to_bytes(key), to_bytes(value)));
  out["filter_state"] = state;
  return out;
}

inline void put_count(nb::dict& out, std::string_view name, uint64_t count) {
  if (count != 0) out[nb::str(name.data(), name.size())] = count;
}

inline nb::dict to_dict(const Counts& counts, std::optional<uint64_t> fuel) {
  nb::dict calls, unimplemented, out;
  for (size_t i = 0; i < kEntries.size(); ++i) put_count(calls, kEntries[i], counts.entries[i]);
  for (size_t i = 0; i < kCallbacks.size(); ++i)
    put_count(calls, kCallbacks[i].name, counts.callbacks[i]);
  for (size_t i = 0; i < kImports.size(); ++i) {
    put_count(calls, kImports[i].name, counts.imports[i]);
    if (counts.unimplemented[i]) put_count(unimplemented, kImports[i].name, counts.imports[i]);
  }
  out["calls"] = calls;
  out["unimplemented"] = unimplemented;
  out["bytes_in"] = counts.bytes_in;
  out["bytes_out"] = counts.bytes_out;
  out["allocations"] = counts.allocations;
  out["memory_high_water"] = counts.memory_high_water;
  out["fuel"] = fuel;
  return out;
}

inline void put_vm(nb::dict& out, const Vm& vm, const std::string& refused) {
  out["refused"] = refused;
  out["trap"] = nb::none();
  if (const Failure& failure = vm.failure(); failure.kind != TrapKind::kNone)
    out["trap"] = nb::make_tuple(to_text(failure.kind), std::string(failure.callback),
                                 to_bytes(failure.text));
  out["counts"] = to_dict(vm.host.counts, vm.fuel());
  out["virtual_time"] = vm.host.clock.passed;
}

inline nb::list to_list(const Log& log) {
  nb::list out;
  for (const Log::Line& line : log.lines())
    out.append(nb::make_tuple(line.level, to_bytes(log.text(line)), line.exchange));
  return out;
}

}  // namespace tamis
