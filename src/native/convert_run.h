// From what a run left behind to Python's objects. Needs the GIL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "convert.h"
#include "convert_trace.h"
#include "run.h"

namespace tamis {

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

// What exchanges and connections have both.
inline void put_life(nb::dict& out, const Stream& stream) {
  nb::list pauses;
  for (const auto& [callback, status] : stream.pauses)
    pauses.append(
        nb::make_tuple(std::string(kCallbacks[static_cast<size_t>(callback)].name), status));
  out["pauses"] = pauses;
  nb::list state;
  for (const auto& [key, value] : stream.filter_state)
    state.append(nb::make_tuple(to_bytes(key), to_bytes(value)));
  out["filter_state"] = state;
}

inline nb::dict to_dict(const Stream& stream) {
  nb::dict out;
  out["request"] = to_message(stream.request());
  out["response"] = to_message(stream.response());
  out["local_reply"] = nb::none();
  if (stream.reply.sent)
    out["local_reply"] = nb::make_tuple(stream.reply.status, to_bytes(stream.reply.details));
  out["reset"] = to_text(stream.reset);
  put_life(out, stream);
  return out;
}

template <typename H>
nb::dict to_dict(const NetworkFlow<H>& connection) {
  constexpr const char* kNames[] = {"", "downstream", "upstream", "filter"};
  nb::dict out;
  out["upstream"] = to_bytes(connection.stream().request().sent);
  out["downstream"] = to_bytes(connection.stream().response().sent);
  out["closed"] = kNames[static_cast<size_t>(connection.closed())];
  put_life(out, connection.stream());
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

inline nb::dict to_dict(const CalloutRecord& callout) {
  constexpr const char* kKinds[] = {"http", "grpc_call", "grpc_stream"};
  nb::dict out;
  out["kind"] = kKinds[static_cast<size_t>(callout.kind)];
  out["cluster"] = to_bytes(callout.cluster);
  out["headers"] = to_list(callout.headers);
  out["body"] = to_bytes(callout.body);
  out["trailers"] = to_list(callout.trailers);
  nb::list messages;
  for (const std::string& message : callout.messages) messages.append(to_bytes(message));
  out["messages"] = messages;
  out["made"] = callout.made;
  out["answered"] = callout.answered;
  return out;
}

// (kind, callback, text, backtrace, frames), or None where the guest did not break.
inline nb::object to_trap(const Failure& failure) {
  if (failure.kind == TrapKind::kNone) return nb::none();
  return nb::make_tuple(to_text(failure.kind), std::string(failure.callback),
                        to_bytes(failure.text), to_bytes(failure.backtrace),
                        to_list(failure.frames));
}

// Of the filter's vm_id; histograms have no value to compare.
inline void put_shared(nb::dict& out, const World& world) {
  const std::string& vm_id = world.script.plugin.vm_id;
  nb::list metrics, data, queues;
  for (const Metrics::Metric& metric : world.metrics.all())
    if (metric.type != MetricType::kHistogram)
      metrics.append(nb::make_tuple(to_bytes(metric.name), metric.value));
  for (const auto& [key, value] : world.shared_data.values(vm_id))
    data.append(nb::make_tuple(to_bytes(key), to_bytes(value.bytes)));
  for (const Queues::Queue& queue : world.queues.all()) {
    if (queue.vm_id != vm_id) continue;
    nb::list items;
    for (const std::string& item : queue.items) items.append(to_bytes(item));
    queues.append(nb::make_tuple(to_bytes(queue.name), items));
  }
  out["metrics"] = metrics;
  out["shared_data"] = data;
  out["queues"] = queues;
}

template <typename Instance>
void put_run(nb::dict& out, RunOf<Instance>& run, const std::string& refused) {
  if (run.world.foreign != nullptr) run.world.foreign->settle();
  const Counts counts = run.counts();
  out["refused"] = refused;
  out["trap"] = to_trap(run.failure());
  out["failed_calls"] = failed_calls(counts);
  out["trace"] = to_list(run.world.trace);
  out["trace_more"] = run.world.trace.more();
  out["counts"] = to_dict(counts, run.fuel());
  out["virtual_time"] = run.world.clock.passed;
  nb::list callouts;
  for (const CalloutRecord& callout : run.world.callouts) callouts.append(to_dict(callout));
  out["callouts"] = callouts;
  put_shared(out, run.world);
}

inline nb::list to_list(const Log& log) {
  nb::list out;
  for (const Log::Line& line : log.lines())
    out.append(nb::make_tuple(line.level, to_bytes(log.text(line)), line.step, line.plugin));
  return out;
}

}  // namespace tamis
