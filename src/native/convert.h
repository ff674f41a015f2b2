// Between Python's objects and the core's values. Text travels as bytes. Needs the GIL.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <string_view>

#include "convert_trace.h"
#include "run.h"

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

// A mapping's value, or `otherwise` where there is none.
template <typename T>
T get(const nb::dict& from, const char* key, T otherwise) {
  return from.contains(key) && !from[key].is_none() ? nb::cast<T>(from[key]) : otherwise;
}
inline std::string get_bytes(const nb::dict& from, const char* key) {
  return from.contains(key) ? std::string(view(nb::cast<nb::bytes>(from[key]))) : std::string();
}

// {headers, chunks, trailers or None}
inline void fill(Input& input, const nb::dict& from) {
  fill(input, nb::cast<nb::list>(from["headers"]), nb::cast<nb::list>(from["chunks"]),
       nb::object(from["trailers"]));
}

inline void add_step(Script& script, StepInput::Kind kind, bool overlap, size_t at,
                     uint64_t nanoseconds = 0) {
  script.steps.push_back({kind, overlap, at, nanoseconds});
}

// {request, answer, after, reset, abort, overlap}
inline void add_exchange(Script& script, const nb::dict& from) {
  add_step(script, StepInput::Kind::kExchange, get(from, "overlap", false),
           script.exchanges.size());
  ExchangeInput& exchange = script.exchanges.emplace_back();
  fill(exchange.request, nb::cast<nb::dict>(from["request"]));
  fill(exchange.answer, nb::cast<nb::dict>(from["answer"]));
  exchange.after = get<uint64_t>(from, "after", 0);
  exchange.reset = get(from, "reset", false);
  const std::string abort = get<std::string>(from, "abort", "");
  if (abort == "request") exchange.abort = Abort::kRequest;
  if (abort == "response") exchange.abort = Abort::kResponse;
}

inline void add_tick(Script& script, uint64_t nanoseconds, bool overlap) {
  add_step(script, StepInput::Kind::kTick, overlap, 0, nanoseconds);
}

// A list of (peer, what, data).
inline void add_connection(Script& script, const nb::list& events) {
  add_step(script, StepInput::Kind::kConnection, false, script.connections.size());
  ConnectionInput& connection = script.connections.emplace_back();
  using What = ConnectionEvent::What;
  for (const nb::handle item : events) {
    const auto event = nb::cast<nb::tuple>(item);
    const auto what = nb::cast<std::string>(event[1]);
    connection.events.push_back(
        {nb::cast<std::string>(event[0]) == "upstream",
         what == "data" ? What::kData : (what == "end" ? What::kEnd : What::kClose),
         std::string(view(nb::cast<nb::bytes>(event[2])))});
  }
}

inline Texts to_texts(const nb::list& pairs) {
  Texts out;
  for (const nb::handle item : pairs) {
    const auto pair = nb::cast<nb::tuple>(item);
    out.emplace_back(view(nb::cast<nb::bytes>(pair[0])), view(nb::cast<nb::bytes>(pair[1])));
  }
  return out;
}

inline PluginInput to_plugin(const nb::dict& from) {
  PluginInput plugin;
  plugin.name = get_bytes(from, "name");
  plugin.root_id = get_bytes(from, "root_id");
  plugin.vm_id = get_bytes(from, "vm_id");
  plugin.configuration = get_bytes(from, "config");
  plugin.vm_configuration = get_bytes(from, "vm_config");
  plugin.environment = to_texts(nb::cast<nb::list>(from["environment"]));
  plugin.capabilities = nb::cast<std::vector<std::string>>(from["capabilities"]);
  const std::string policy = get<std::string>(from, "failure_policy", "closed");
  plugin.policy = policy == "open"     ? FailurePolicy::kOpen
                  : policy == "reload" ? FailurePolicy::kReload
                                       : FailurePolicy::kClosed;
  plugin.allow_on_headers_stop_iteration = get(from, "allow_on_headers_stop_iteration", false);
  return plugin;
}

// {cluster, headers, body (a callable or None), reply {...}, times}
inline void add_callout(Script& script, const nb::dict& from) {
  CalloutRule& rule = script.callouts.emplace_back();
  rule.cluster = get_bytes(from, "cluster");
  rule.headers = to_texts(nb::cast<nb::list>(from["headers"]));
  rule.times = get<uint64_t>(from, "times", UINT64_MAX);
  if (const nb::object body = from["body"]; !body.is_none())
    rule.body = [body](std::string_view bytes) {
      const nb::gil_scoped_acquire acquire;
      return nb::cast<bool>(body(to_bytes(bytes)));
    };
  CalloutReply& reply = rule.reply;
  const auto given = nb::cast<nb::dict>(from["reply"]);
  fill(reply.message, given);
  reply.after = get<uint64_t>(given, "after", 0);
  reply.timeout = get(given, "timeout", false);
  reply.reset = get(given, "reset", false);
  reply.no_cluster = get(given, "no_cluster", false);
  for (const nb::handle message : nb::cast<nb::list>(given["messages"]))
    reply.messages.emplace_back(view(nb::cast<nb::bytes>(message)));
  reply.grpc_status = get<int32_t>(given, "grpc_status", -1);
  reply.grpc_message = get_bytes(given, "grpc_message");
}

inline void set_joined(Script& script, const nb::list& request, const nb::list& response) {
  const auto names = [](const nb::list& list) {
    std::vector<std::string> out;
    for (const nb::handle item : list) out.emplace_back(view(nb::cast<nb::bytes>(item)));
    return JoinedNames(std::move(out));
  };
  script.joined = {names(request), names(response)};
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

inline nb::dict to_dict(const NetworkFlow<WasmHost>& connection) {
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

inline void put_run(nb::dict& out, Run& run, const std::string& refused) {
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
