// What is run: steps in order and the world around them. Written once, read by every run.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "foreign.h"
#include "headers.h"
#include "limits.h"

namespace tamis {

using Texts = std::vector<std::pair<std::string, std::string>>;

// One message as it reaches the filter. `chunks`: DATA frames; an empty last frame is a frame.
struct Input {
  HeaderMap headers;
  std::vector<std::string> chunks;
  HeaderMap trailers;
  bool has_trailers = false;
};

// When the client resets its stream: behind the request's parts, or behind the response's headers.
enum class Abort : uint8_t { kNone, kRequest, kResponse };

// One request with its upstream answer, `after` nanoseconds of virtual time. `reset`: the upstream
// resets the stream, behind the answer if that has headers.
struct ExchangeInput {
  Input request, answer;
  uint64_t after = 0;
  bool reset = false;
  Abort abort = Abort::kNone;
  // The proxy itself refuses the request, and no filter sees it: the status it answers, with these
  // details and body, or 0 when it resets the stream instead. -1: it does not.
  int32_t refused = -1;
  std::string refused_details, refused_body;
};

// What a peer of a TCP connection does.
struct ConnectionEvent {
  enum class What : uint8_t { kData, kEnd, kClose };
  bool upstream = false;
  What what = What::kData;
  std::string data;
};

struct ConnectionInput {
  std::vector<ConnectionEvent> events;
};

struct StepInput {
  enum class Kind : uint8_t { kExchange, kTick, kConnection };
  Kind kind = Kind::kExchange;
  bool overlap = false;      // it begins while the steps above are in flight
  size_t at = 0;             // index into the script's exchanges or connections
  uint64_t nanoseconds = 0;  // of a tick
};

// How a callout is answered. `grpc_status` -1: the call stays open until the guest ends its side.
struct CalloutReply {
  Input message;
  uint64_t after = 0;
  bool timeout = false, reset = false, no_cluster = false;
  std::vector<std::string> messages;
  int32_t grpc_status = -1;
  std::string grpc_message;
};

// The first rule that matches answers, at most `times` times. `headers`: name and exact value.
struct CalloutRule {
  std::string cluster;
  Texts headers;
  std::function<bool(std::string_view)> body;  // empty: any
  CalloutReply reply;
  uint64_t times = UINT64_MAX;
};

enum class FailurePolicy : uint8_t { kClosed, kOpen, kReload };

// A plugin as Envoy's configuration names it.
struct PluginInput {
  std::string name, root_id, vm_id, configuration, vm_configuration;
  Texts environment;                      // of WASI
  std::vector<std::string> capabilities;  // empty: all
  FailurePolicy policy = FailurePolicy::kClosed;
  bool allow_on_headers_stop_iteration = false;
};

// Deliberate mistakes of the host, for the negative control of the comparison between hosts.
enum class Fault : uint8_t {
  kNone,
  kDropDuplicate,
  kSwapHeaders,
  kLoseTrailer,
  kWrongEndOfStream,
  kLoseBodyByte,
  kSkipResponseHeadersAfterLocalReply,
};

// Lives at least as long as every run of it; never changes once built.
struct Script {
  std::vector<StepInput> steps;
  std::vector<ExchangeInput> exchanges;
  std::vector<ConnectionInput> connections;
  PluginInput plugin;               // the filter
  std::vector<PluginInput> beside;  // plugins that start before it and meet no traffic
  std::vector<CalloutRule> callouts;
  Texts shared_data;                                  // there before anything starts
  Texts properties;                                   // path joined by NUL -> wire bytes
  std::array<JoinedNames, 2> joined;                  // of requests, of responses
  std::function<std::unique_ptr<Foreign>()> foreign;  // makes a run's own; empty: none
  uint64_t now = 0, seed = 0;
  unsigned envoy_minor = 40;
  std::string protocol = "HTTP/2";
  bool trace = false;
  bool removal = false;  // the plugins are taken out at the end
  Limits limits;
  Fault fault = Fault::kNone;
};

}  // namespace tamis
