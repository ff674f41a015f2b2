// A plugin context: what it was configured with, what it waits for, and what its callbacks may
// read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "declared.h"
#include "script.h"
#include "world.h"

namespace tamis {

// A callout in flight. Ids as Envoy gives them: the two low bits tell the kind.
struct Call {
  uint32_t id = 0;
  CalloutRecord::Kind kind = CalloutRecord::Kind::kHttp;
  size_t record = SIZE_MAX;           // index into the world's callouts; at first none
  const CalloutRule* rule = nullptr;  // nullptr: nobody answers
  bool answering = false;             // gRPC: the server has met the first message or the end
  bool half_closed = false;           // gRPC: the guest has ended its side
  bool spoken = false;                // gRPC: the server has sent all its messages
  bool late = false;                  // the guest's timeout comes before the answer
  std::string refused;                // gRPC: what Envoy says of a call that it did not let go
};

// What happens to a plugin; the stamp of an event is the id of the callout, of the queue, or the
// number of the timer.
enum class Happening : uint32_t { kTick, kQueue, kHttp, kGrpc, kDns };

// What a callback of the plugin may read of the callout it is about.
struct Received {
  const HeaderMap* headers = nullptr;   // maps 6 or 4
  const HeaderMap* trailers = nullptr;  // maps 7 or 5
  std::string_view body;                // buffer 4
  bool readable = false;
  std::string* message = nullptr;  // buffer 5
};

// Lives with its VM, which may hold several. Plain state: plugin_flow.h makes things happen to it.
struct PluginContext {
  uint32_t id = 0;
  uint32_t index = 0;  // among the plugins of the script: those beside first, then the filter
  const PluginInput* input = nullptr;
  Occasion* flow = nullptr;

  bool configuring = false;  // its configuration is readable
  bool held = false;         // a stream that never ends keeps it
  bool removing = false;     // proxy_on_done returned 0: proxy_done is awaited
  bool removed = false;      // and was called: proxy_on_delete is due
  uint32_t tick_period = 0;  // milliseconds; 0: no timer
  uint64_t tick_stamp = 0;   // of the timer in force

  DeclaredProperties declared;    // by declare_property
  std::shared_ptr<void> foreign;  // what foreign functions keep for it
  std::string dns;                // buffer 8 of envoy_on_resolve_dns

  std::vector<Call> calls;
  Received http, grpc;
  uint32_t status = 0;  // of proxy_get_status; it stays
  std::string status_message;

  Call* find_call(uint32_t call) {
    for (Call& each : calls)
      if (each.id == call) return &each;
    return nullptr;
  }
};

}  // namespace tamis
