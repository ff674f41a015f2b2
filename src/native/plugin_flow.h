// What happens to a plugin: its start and end, its timer, answers to its callouts, its queues.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "host.h"
#include "local_reply.h"

namespace tamis {

// What Envoy answers to a callout whose upstream does not.
inline constexpr std::string_view kCalloutTimeout = "upstream request timeout";
// Codes of gRPC.
inline constexpr uint32_t kGrpcOk = 0, kGrpcInternal = 13, kGrpcUnavailable = 14;

// Lives with its VM, beside the plugin's context. `H` is a Host.
template <typename H>
class PluginFlow final : public Occasion {
 public:
  PluginFlow(H& host, PluginContext& plugin) : host_(host), plugin_(plugin) { plugin.flow = this; }
  PluginFlow(const PluginFlow&) = delete;
  ~PluginFlow() {
    host_.world.forget(*this);
    host_.world.queues.forget(*this);
  }

  // In Envoy's order; the plugin configuration is readable in the first and the last of the three.
  // Empty, or which callback said no.
  std::string start() {
    uint32_t result = 0;
    const auto size = [](const std::string& text) { return static_cast<uint32_t>(text.size()); };
    const PluginInput& input = *plugin_.input;
    const uint32_t id = plugin_.id;
    plugin_.configuring = true;
    const bool created = call(Callback::proxy_on_context_create, std::array{id, 0U}, result);
    plugin_.configuring = false;
    if (!created) return starts_all_the_same(id) ? std::string() : "on_context_create";
    if (!call(Callback::proxy_on_vm_start, std::array{id, size(input.vm_configuration)}, result,
              1) ||
        result == 0)
      return "on_vm_start";
    plugin_.configuring = true;
    const bool fine =
        call(Callback::proxy_on_configure, std::array{id, size(input.configuration)}, result, 1) &&
        result != 0;
    plugin_.configuring = false;
    return fine ? std::string() : "on_configure";
  }

  // Envoy goes by what on_vm_start says, even where the VM is broken already: without that
  // callback, or with its consent, the plugin starts, and fails every stream.
  bool starts_all_the_same(uint32_t id) {
    uint32_t result = 1;
    if (!host_.guest.has(Callback::proxy_on_vm_start)) return true;
    const auto size = static_cast<uint32_t>(plugin_.input->vm_configuration.size());
    return host_.guest.call(Callback::proxy_on_vm_start, std::array{id, size}, result) &&
           result != 0;
  }

  // The plugin is taken out; where it is not done yet, `bury` waits for it to say so.
  void remove() {
    uint32_t done = 0;
    if (plugin_.held) return;
    if (!call(Callback::proxy_on_done, std::array{plugin_.id}, done, 1)) return;
    plugin_.removing = done == 0;
    plugin_.removed = done != 0;
    bury();
  }
  void bury() {
    if (std::exchange(plugin_.removed, false))
      tell(Callback::proxy_on_delete, std::array{plugin_.id});
  }

  void happen(uint32_t what, uint64_t stamp) override {
    if (host_.guest.failed()) return;
    try {
      dispatch(static_cast<Happening>(what), stamp);
    } catch (const OutputLimit& limit) {
      host_.guest.fail(TrapKind::kOutOfMemory, "", limit.what());
    }
  }

  void exhaust(const OutputLimit& limit) override {
    host_.guest.fail(TrapKind::kOutOfMemory, "", limit.what());
  }

 private:
  template <size_t N>
  bool call(Callback callback, const std::array<uint32_t, N>& arguments, uint32_t& result,
            uint32_t absent = 0) {
    const bool fine = host_.call(callback, plugin_.id, arguments, result, absent);
    host_.attend();
    return fine;
  }
  template <size_t N>
  void tell(Callback callback, const std::array<uint32_t, N>& arguments) {
    uint32_t ignored = 0;
    call(callback, arguments, ignored);
  }

  // What it is shown is gone before what it asked for happens.
  template <size_t N, typename F>
  void show(Callback callback, const std::array<uint32_t, N>& arguments, F&& hide) {
    uint32_t ignored = 0;
    host_.call(callback, plugin_.id, arguments, ignored, 0);
    hide();
    host_.attend();
  }

  void dispatch(Happening what, uint64_t stamp) {
    switch (what) {
      case Happening::kTick:
        return tick(stamp);
      case Happening::kQueue:
        return tell(Callback::proxy_on_queue_ready,
                    std::array{plugin_.id, static_cast<uint32_t>(stamp)});
      case Happening::kDns:
        plugin_.dns.assign(4, '\0');  // no server was asked: no address
        return tell(Callback::envoy_on_resolve_dns,
                    std::array{plugin_.id, static_cast<uint32_t>(stamp), 4U});
      case Happening::kHttp:
      case Happening::kGrpc:
        break;
    }
    const auto id = static_cast<uint32_t>(stamp);
    if (plugin_.find_call(id) == nullptr) return;  // it was cancelled
    if (what == Happening::kHttp)
      http(id);
    else
      grpc(id);
  }

  // The timer is set again when the callback has returned.
  void tick(uint64_t stamp) {
    if (stamp != plugin_.tick_stamp) return;
    tell(Callback::proxy_on_tick, std::array{plugin_.id});
    if (stamp != plugin_.tick_stamp || plugin_.tick_period == 0) return;
    host_.world.plan(uint64_t{plugin_.tick_period} * 1'000'000, *this,
                     static_cast<uint32_t>(Happening::kTick), stamp, true);
  }

  void end(uint32_t id) {
    std::erase_if(plugin_.calls, [&](const Call& call) { return call.id == id; });
  }

  // -- HTTP ----------------------------------------------------------------------------------

  void http(uint32_t id) {
    const Call& call = *plugin_.find_call(id);
    const CalloutReply* reply = call.rule == nullptr ? nullptr : &call.rule->reply;
    const bool late = call.late;
    end(id);
    if (late) return synthesize(id, "504", kCalloutTimeout);
    if (reply == nullptr || (reply->reset && reply->message.headers.empty()))
      return synthesize(id, "503", kResetBody);
    if (reply->reset) return fail_http(id);
    std::string body;
    for (const std::string& chunk : reply->message.chunks) body += chunk;
    HeaderMap headers;
    headers.assign(reply->message.headers);
    headers.append("x-envoy-upstream-service-time", std::to_string(reply->after / 1'000'000));
    deliver(id, headers, body, reply->message.has_trailers ? &reply->message.trailers : nullptr);
  }

  void synthesize(uint32_t id, std::string_view status, std::string_view text) {
    HeaderMap headers;
    headers.append(":status", status);
    headers.append("content-length", std::to_string(text.size()));
    headers.append("content-type", "text/plain");
    deliver(id, headers, text, nullptr);
  }

  void deliver(uint32_t id, const HeaderMap& headers, std::string_view body,
               const HeaderMap* trailers) {
    plugin_.http = {&headers, trailers, body, true};
    const auto count = [](const HeaderMap* map) {
      return map == nullptr ? 0 : static_cast<uint32_t>(map->size());
    };
    show(Callback::proxy_on_http_call_response,
         std::array{plugin_.id, id, count(&headers), static_cast<uint32_t>(body.size()),
                    count(trailers)},
         [&] { plugin_.http = {}; });
  }

  // The client of Envoy gave up: no message at all, and a status.
  void fail_http(uint32_t id) {
    plugin_.status = kBrokenConnection;
    plugin_.status_message = "reset";
    show(Callback::proxy_on_http_call_response, std::array{plugin_.id, id, 0U, 0U, 0U},
         [&] { plugin_.status_message.clear(); });
  }

  // -- gRPC ----------------------------------------------------------------------------------

  void grpc(uint32_t id) {
    const Call& call = *plugin_.find_call(id);
    const CalloutReply* reply = call.rule == nullptr ? nullptr : &call.rule->reply;
    if (call.late) return close(id, kGrpcUnavailable, "upstream request timeout{response_timeout}");
    if (const std::string why = call.refused; !why.empty())
      return close(id, kGrpcUnavailable, why + "{" + complaint_details(why) + "}");
    if (call.kind == CalloutRecord::Kind::kGrpcCall) return unary(id, reply);
    if (reply == nullptr || (reply->reset && reply->messages.empty())) return lose(id);
    if (!call.spoken && !speak(id, *reply, call.half_closed)) return;
    if (reply->reset) {
      if (hear(id, Callback::proxy_on_grpc_receive_trailing_metadata, HeaderMap(),
               plugin_.grpc.trailers))
        close(id, kGrpcInternal, kTornDetails);
      return;
    }
    // A server that leaves the call open ends it when the guest has ended its side.
    if (reply->grpc_status < 0 && !plugin_.find_call(id)->half_closed) return;
    if (hear(id, Callback::proxy_on_grpc_receive_trailing_metadata, trailing(*reply),
             plugin_.grpc.trailers))
      close(id, status(*reply), told(*reply));
  }

  // One message or a failure; of several messages the last counts.
  void unary(uint32_t id, const CalloutReply* reply) {
    if (reply == nullptr || (reply->reset && reply->messages.empty()))
      return close(id, kGrpcUnavailable, lost());
    if (reply->reset) return close(id, kGrpcInternal, kTornDetails);
    if (status(*reply) != kGrpcOk) return close(id, status(*reply), told(*reply));
    if (reply->messages.empty()) return close(id, kGrpcInternal, "");
    receive(id, reply->messages.back());
    end(id);
  }

  // The initial metadata and all messages. False: the guest cancelled the call meanwhile.
  bool speak(uint32_t id, const CalloutReply& reply, bool half_closed) {
    if (!hear(id, Callback::proxy_on_grpc_receive_initial_metadata, initial(reply, half_closed),
              plugin_.grpc.headers))
      return false;
    for (const std::string& message : reply.messages) {
      receive(id, message);
      if (plugin_.find_call(id) == nullptr) return false;
    }
    plugin_.find_call(id)->spoken = true;
    return true;
  }

  void receive(uint32_t id, const std::string& message) {
    std::string shown = message;  // the guest may write in it
    plugin_.grpc.message = &shown;
    show(Callback::proxy_on_grpc_receive,
         std::array{plugin_.id, id, static_cast<uint32_t>(message.size())},
         [&] { plugin_.grpc = {}; });
  }

  // A stream that is reset before it was answered: Envoy makes an answer without messages of it.
  void lose(uint32_t id) {
    if (!hear(id, Callback::proxy_on_grpc_receive_initial_metadata, HeaderMap(),
              plugin_.grpc.headers))
      return;
    HeaderMap trailers;
    trailers.append(":status", "200");
    trailers.append("content-type", "application/grpc");
    trailers.append("grpc-status", std::to_string(kGrpcUnavailable));
    trailers.append("grpc-message", kResetBody);
    if (hear(id, Callback::proxy_on_grpc_receive_trailing_metadata, trailers,
             plugin_.grpc.trailers))
      close(id, kGrpcUnavailable, lost());
  }

  // What proxy_get_status says of a call that was reset before it was answered, and of others.
  static std::string lost() {
    return std::string(kResetBody).append("{").append(kResetDetails).append("}");
  }
  static std::string told(const CalloutReply& reply) {
    return reply.grpc_message.empty() ? "via_upstream" : reply.grpc_message + "{via_upstream}";
  }
  static uint32_t status(const CalloutReply& reply) {
    return static_cast<uint32_t>(std::max(reply.grpc_status, 0));
  }
  // Metadata as a server sends them, and Envoy hands them on.
  static HeaderMap initial(const CalloutReply& reply, bool half_closed) {
    HeaderMap all;
    all.append(":status", "200");
    all.append("content-type", "application/grpc");
    const HeaderMap& own = reply.message.headers;
    for (size_t i = 0; i < own.size(); ++i)
      if (!own.name(i).starts_with(':')) all.append(own.name(i), own.value(i));
    if (half_closed)
      all.append("x-envoy-upstream-service-time", std::to_string(reply.after / 1'000'000));
    return all;
  }
  static HeaderMap trailing(const CalloutReply& reply) {
    HeaderMap all;
    all.append("grpc-status", std::to_string(status(reply)));
    if (!reply.grpc_message.empty()) all.append("grpc-message", reply.grpc_message);
    const HeaderMap& own = reply.message.trailers;
    for (size_t i = 0; i < own.size(); ++i) all.append(own.name(i), own.value(i));
    return all;
  }

  // False: the guest cancelled the call meanwhile.
  bool hear(uint32_t id, Callback callback, const HeaderMap& metadata, const HeaderMap*& shown) {
    shown = &metadata;
    show(callback, std::array{plugin_.id, id, static_cast<uint32_t>(metadata.size())},
         [&] { shown = nullptr; });
    return plugin_.find_call(id) != nullptr;
  }

  void close(uint32_t id, uint32_t status, std::string_view message) {
    end(id);
    plugin_.status = status;
    plugin_.status_message.assign(message);
    show(Callback::proxy_on_grpc_close, std::array{plugin_.id, id, status},
         [&] { plugin_.status_message.clear(); });
  }

  H& host_;
  PluginContext& plugin_;
};

}  // namespace tamis
