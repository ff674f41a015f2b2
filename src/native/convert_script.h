// From Python's objects to the script of a run. Needs the GIL.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "convert.h"
#include "script.h"

namespace tamis {

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

}  // namespace tamis
