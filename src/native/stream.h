// One stream: what travels, and what of it the guest may see now.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "abi_table.h"
#include "clock.h"
#include "declared.h"
#include "headers.h"

namespace tamis {

// Where a direction stands: frames flow, are held back behind callbacks that still run
// (StopIteration, body 1-3), or are held back unseen (headers 3, 4).
enum class Flow : uint8_t { kFlowing, kStopped, kStoppedAll };

// One direction of a stream; lives inside it and is reused. `sent`: what left the filter.
struct Side {
  HeaderMap headers, trailers;
  std::string chunk, buffered, sent;
  Flow flow = Flow::kFlowing;
  bool started = false;           // the headers callback was due
  bool headers_sent = false;      // the headers left the filter
  bool has_trailers = false;      // there are trailers, received or added
  bool trailers_waiting = false;  // received while all was stopped: their callback is still due
  bool buffering = false;         // the last body callback returned 1: the guest sees `buffered`
  bool ended = false;             // all input arrived
  bool complete = false;          // all of it left the filter
  uint64_t received = 0;          // body bytes

  void clear() {
    headers.clear();
    trailers.clear();
    chunk.clear();
    buffered.clear();
    sent.clear();
    flow = Flow::kFlowing;
    started = headers_sent = has_trailers = trailers_waiting = buffering = ended = complete = false;
    received = 0;
  }
};

enum class Reset : uint8_t { kNone, kUpstream, kDownstream, kFilter };

// What the guest asked for inside a callback and gets when it has returned.
struct LocalReply {
  bool pending = false, sent = false;
  bool again = false;  // another one was asked for, too late to replace it
  bool running =
      false;  // it passes the filter's response callbacks, which may replace it once more
  uint32_t status = 0;
  int32_t grpc_status = -1;
  std::string details, body;
  HeaderMap headers;

  void clear() {
    pending = sent = again = running = false;
    status = 0;
    grpc_status = -1;
    details.clear();
    body.clear();
    headers.clear();
  }
};

struct PluginContext;

// What a guest asks of a stream inside a callback and gets when it has returned. `kReplyAgain`: a
// reply that comes too late to replace the one there is.
enum class Asked : uint8_t { kResumeRequest, kResumeResponse, kClose, kReply, kReplyAgain };

// What makes a stream do it. The callback may have been another context's.
class StreamFlow {
 public:
  virtual void perform(Asked what) = 0;

 protected:
  ~StreamFlow() = default;
};

// Lives with its VM, which reuses it for one exchange after another; `clear` begins an exchange.
struct Stream {
  uint32_t id = 0;
  PluginContext* plugin = nullptr;
  StreamFlow* flow = nullptr;
  bool network = false;   // a TCP connection, not an HTTP stream
  bool arriving = false;  // a TCP connection before its first byte, and before its TLS handshake
  bool early_version = false;  // its TLS version was asked for before that
  uint64_t started_at = 0;     // wall clock, nanoseconds
  std::array<Side, 2> sides;
  // By MapType and BufferType 0 and 1: what is visible; nullptr: nothing. A map whose callback held
  // its message back stays so to the end. `logged`: what is read in proxy_on_log instead.
  std::array<HeaderMap*, 4> maps{}, logged{};
  std::array<std::string*, 2> bodies{};
  std::array<std::string*, 2> data{};  // of a connection, by BufferType 2 and 3
  bool end_of_stream = false, log_phase = false;
  bool over = false;       // an exchange's last callbacks run: Envoy's side of it is gone
  bool undated = false;    // the response's headers are logged with the date Envoy gave them
  uint64_t logged_at = 0;  // wall clock, nanoseconds
  LocalReply reply;
  Reset reset = Reset::kNone;
  bool torn = false;  // the upstream reset a response that had begun
  std::vector<std::pair<Callback, uint32_t>> pauses;
  DeclaredProperties declared;  // by the stream itself: never looked at
  std::vector<std::pair<std::string, std::string>> filter_state;  // "wasm.<path>" -> value

  Side& request() { return sides[0]; }
  Side& response() { return sides[1]; }
  const Side& request() const { return sides[0]; }
  const Side& response() const { return sides[1]; }

  // The names of which request and response headers hold one value.
  void join(const std::array<JoinedNames, 2>& names) {
    sides[0].headers.join(&names[0], true);
    sides[1].headers.join(&names[1]);
    reply.headers.join(&names[1]);
  }

  void clear(uint32_t new_id) {
    id = new_id;
    for (Side& side : sides) side.clear();
    maps.fill(nullptr);
    bodies.fill(nullptr);
    data.fill(nullptr);
    end_of_stream = log_phase = over = network = arriving = early_version = torn = undated = false;
    reply.clear();
    reset = Reset::kNone;
    pauses.clear();
    filter_state.clear();
    declared.clear();
  }

  // Keeps what a callback returned, unless it lets go on.
  void note(Callback callback, uint32_t status) {
    if (status != 0) pauses.emplace_back(callback, status);
  }

  // The body buffer the guest sees, or nullptr.
  std::string* body(size_t direction) {
    return sides[direction].buffering ? &sides[direction].buffered : bodies[direction];
  }

  const HeaderMap* readable(size_t map) {
    if (!log_phase) return maps[map];
    if (map == kHttpResponseHeaders && undated) date();
    return logged[map];
  }

  // The map for writing and for its size: trailers come into being during the last body callback.
  HeaderMap* writable(size_t map) {
    const size_t direction = map / 2;
    if (map % 2 == 1 && maps[map] == nullptr && bodies[direction] != nullptr && end_of_stream) {
      maps[map] = &sides[direction].trailers;
      sides[direction].has_trailers = true;
    }
    return maps[map];
  }

 private:
  // When the guest looks: making a date costs more than all else that is logged.
  void date() {
    undated = false;
    const HeaderMap& headers = *logged[kHttpResponseHeaders];
    if (headers.find("date") != HeaderMap::npos) return;
    dated_.assign(headers);
    dated_.append("date", HttpDate(logged_at).view());
    logged[kHttpResponseHeaders] = &dated_;
  }

  HeaderMap dated_;
};

}  // namespace tamis
