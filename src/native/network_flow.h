// A TCP connection through a network filter, with Envoy's tcp_proxy behind it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "faults.h"
#include "host.h"

namespace tamis {

// Who closed a connection, rather than letting both directions end.
enum class Closed : uint8_t { kNobody, kDownstream, kUpstream, kFilter };

// What proxy_on_downstream_connection_close and its like are told.
inline constexpr uint32_t kCloseUnknown = 0, kCloseLocal = 1, kCloseRemote = 2;

// Holds its stream and is reused for one connection after another. Direction 0 is what the client
// sends, 1 what the upstream sends; a side's `buffered` is what is held back, `sent` what the other
// peer received, `ended`: the peer's end was read, `complete`: it was passed on. `H` is a Host.
template <typename H>
class NetworkFlow final : public StreamFlow {
 public:
  explicit NetworkFlow(H& host) : host_(host) { stream_.flow = this; }
  NetworkFlow(const NetworkFlow&) = delete;

  const Stream& stream() const { return stream_; }
  Closed closed() const { return closed_; }
  // Nothing more happens to it.
  bool done() const { return over_; }

  // The whole connection: each event when the one before has settled. What is open after the last
  // one ends: first the client's side, then the upstream's. What does not end by that is left
  // behind.
  void run(const ConnectionInput& input, PluginContext& plugin) {
    begin(plugin);
    settle();
    for (const ConnectionEvent& event : input.events) {
      meet(event);
      settle();
    }
    meet({false, ConnectionEvent::What::kEnd, {}});
    settle();
    meet({true, ConnectionEvent::What::kEnd, {}});
    settle();
    if (over_) return;
    // The filter holds both ends, or never let the proxy on to read: it notices nothing more.
    over_ = true;
    stream_.plugin->held = true;
    host_.leave(stream_);
  }

  void perform(Asked what) override {
    if (over_) return;
    guarded([&] {
      if (what == Asked::kResumeRequest) return resume();
      if (what != Asked::kClose) return;
      hung_up();
      close(kCloseLocal);
    });
  }

 private:
  using Event = ConnectionEvent;

  // What one end of the connection does. One that closed reads no more.
  struct Peer {
    bool ended = false, closed = false, unreachable = false;
  };

  static constexpr std::array kOnData{Callback::proxy_on_downstream_data,
                                      Callback::proxy_on_upstream_data};

  void settle() { host_.world.settle(); }

  // After the guest put out too much the connection ends as if it had trapped.
  template <typename Body>
  void guarded(const Body& body) {
    try {
      body();
    } catch (const OutputLimit& limit) {
      host_.guest.fail(TrapKind::kOutOfMemory, "", limit.what());
      if (!over_) fail();
    }
  }

  // Calls back; false: the guest broke, now or before, and the connection goes down with it.
  template <size_t N>
  bool call(Callback callback, const std::array<uint32_t, N>& arguments, uint32_t& status) {
    const bool fine = host_.call(callback, stream_.id, arguments, status);
    host_.attend();
    if (fine) return true;
    status = 0;
    return bypassed_;
  }
  template <size_t N>
  void tell(Callback callback, const std::array<uint32_t, N>& arguments) {
    uint32_t ignored = 0;
    call(callback, arguments, ignored);
  }

  // -- what the peers do ---------------------------------------------------------------------

  void begin(PluginContext& plugin) {
    stream_.clear(host_.take_id());
    stream_.network = stream_.arriving = true;
    stream_.plugin = &plugin;
    stream_.started_at = host_.world.clock.wall();
    over_ = connected_ = reading_ = false;
    peers_ = {};
    closed_ = Closed::kNobody;
    bypassed_ = host_.guest.failed() && plugin.input->policy == FailurePolicy::kOpen;
    host_.enter(stream_);
    guarded([&] {
      uint32_t status = 0;
      if (!call(Callback::proxy_on_context_create, std::array{stream_.id, plugin.id}, status))
        return fail();
      if (over_) return;
      if (!call(Callback::proxy_on_new_connection, std::array{stream_.id}, status)) return fail();
      stream_.arriving = false;
      stream_.note(Callback::proxy_on_new_connection, status);
      if (!over_ && status == 0) connect();
    });
  }

  void meet(const Event& event) {
    const size_t direction = event.upstream ? 1 : 0;
    Peer& peer = peers_[direction];
    // Before it has an upstream the proxy reads nothing, and nobody is there to send.
    if (over_ || peer.closed || !connected_) return;
    if (event.what == Event::What::kClose) {
      peer.closed = true;
      if (closed_ == Closed::kNobody)
        closed_ = direction == 0 ? Closed::kDownstream : Closed::kUpstream;
    }
    if (peer.ended) return;
    peer.ended = event.what != Event::What::kData;
    guarded([&] { receive(direction, event.data, peer.ended); });
  }

  void receive(size_t direction, std::string_view bytes, bool end) {
    Side& side = stream_.sides[direction];
    append(side.buffered, bytes);
    side.received += bytes.size();
    side.ended = end;
    stream_.end_of_stream = end;
    stream_.data[direction] = &side.buffered;
    const std::array<uint32_t, 3> arguments{stream_.id, static_cast<uint32_t>(side.buffered.size()),
                                            told_end(host_.script.fault, end)};
    uint32_t status = 0;
    reading_ = true;
    const bool fine = call(kOnData[direction], arguments, status);
    reading_ = false;
    if (!fine) return fail();
    stream_.note(kOnData[direction], status);
    if (over_) return;
    if (status == 0) stream_.data[direction] = nullptr;
    // Whatever the filter says of the end, and before its data go on.
    if (direction == 1 && end)
      tell(Callback::proxy_on_upstream_connection_close, std::array{stream_.id, kCloseUnknown});
    if (!over_ && status == 0) pass(direction);
    if (!over_) close_if_ended(direction == 0 ? kCloseRemote : kCloseLocal);
  }

  // Each of the proxy's two connections is over when both its directions have ended.
  void close_if_ended(uint32_t type) {
    const Side &request = stream_.request(), &response = stream_.response();
    if (request.ended && response.complete)
      close(type);
    else if (response.ended && request.complete)
      close(kCloseLocal);
  }

  // -- what the filter lets through ----------------------------------------------------------

  void append(std::string& to, std::string_view bytes) {
    append_within(host_.script.limits.body_bytes, "data", to, bytes);
  }

  void connect() {
    connected_ = true;
    stream_.request().headers_sent = true;  // properties of the upstream are there
  }

  // What is held goes on, unseen by the guest; only that of the client: Envoy cannot resume the
  // other direction.
  void resume() {
    if (!connected_) return connect();
    pass(0);
    if (!over_ && !reading_) close_if_ended(kCloseLocal);
  }

  void pass(size_t direction) {
    Side& side = stream_.sides[direction];
    Peer& to = peers_[1 - direction];
    if (!side.buffered.empty()) {
      // A peer that closed answers the first write with a reset, which the second one meets.
      if (!to.closed)
        append(side.sent, side.buffered);
      else if (std::exchange(to.unreachable, true))
        return close(direction == 1 ? kCloseRemote : kCloseLocal);
      side.buffered.clear();
    }
    side.complete = side.ended;
  }

  // -- the end -------------------------------------------------------------------------------

  // The guest broke: both peers are hung up on, and nobody is told.
  void fail() {
    if (over_) return;
    hung_up();
    over_ = true;
    host_.leave(stream_);
  }

  // The filter or its failure ends what the peers have not ended.
  void hung_up() {
    if (closed_ == Closed::kNobody && !(peers_[0].ended && peers_[1].ended))
      closed_ = Closed::kFilter;
  }

  void close(uint32_t type) {
    over_ = true;
    tell(Callback::proxy_on_downstream_connection_close, std::array{stream_.id, type});
    tell(Callback::proxy_on_done, std::array{stream_.id});
    tell(Callback::proxy_on_log, std::array{stream_.id});
    tell(Callback::proxy_on_delete, std::array{stream_.id});
    host_.leave(stream_);
    if (host_.script.fault == Fault::kLoseBodyByte && !stream_.request().sent.empty())
      stream_.request().sent.pop_back();
  }

  H& host_;
  Stream stream_;
  std::array<Peer, 2> peers_;
  bool connected_ = false;  // the proxy behind the filter was let on, and has its upstream
  bool bypassed_ = false;   // the guest had broken before and fails open: no filter is there
  bool reading_ = false;    // a peer's data are in the guest's hands
  bool over_ = true;
  Closed closed_ = Closed::kNobody;
};

}  // namespace tamis
