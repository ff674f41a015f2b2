// Scripts of all that a fixture can say: exchanges, connections, ticks, overlaps, aborts, callouts.
#pragma once

#include "choices.h"
#include "native/script.h"

namespace fuzz {

inline tamis::Input message(Choices& choices, bool request) {
  tamis::Input input;
  if (request) {
    input.headers.append(":authority", "a.test");
    input.headers.append(":path", "/p?q");
    input.headers.append(":method", choices.chance(8) ? "HEAD" : "GET");
    input.headers.append(":scheme", "http");
    if (choices.chance(8)) input.headers.append("content-type", "application/grpc");
  } else {
    input.headers.append(":status", "200");
  }
  for (size_t n = choices.below(3); n > 0; --n)
    input.headers.append("x-a", std::string(choices.below(40), 'v'));
  for (size_t n = choices.below(4); n > 0; --n)
    input.chunks.emplace_back(choices.chance(8) ? 5000 : choices.below(20), 'b');
  if ((input.has_trailers = choices.chance(3))) input.trailers.append("x-t", "1");
  return input;
}

inline tamis::ExchangeInput exchange(Choices& choices) {
  tamis::ExchangeInput input;
  input.request = message(choices, true);
  input.reset = choices.chance(8);
  if (!input.reset || choices.chance(2)) input.answer = message(choices, false);
  input.after = choices.chance(2) ? 0 : choices.below(5) * 1'000'000;
  input.abort = static_cast<tamis::Abort>(choices.chance(4) ? 1 + choices.below(2) : 0);
  if (choices.chance(20)) input.refused = static_cast<int32_t>(400 * choices.below(2));
  return input;
}

inline tamis::ConnectionInput connection(Choices& choices) {
  tamis::ConnectionInput input;
  for (size_t n = choices.below(6); n > 0; --n)
    input.events.push_back(
        {choices.chance(2),
         static_cast<tamis::ConnectionEvent::What>(choices.chance(3) ? 1 + choices.below(2) : 0),
         std::string(choices.below(30), 'd')});
  return input;
}

inline tamis::CalloutRule callout(Choices& choices) {
  tamis::CalloutRule rule;
  rule.cluster = choices.chance(6) ? "other" : "c";
  if (choices.chance(6)) rule.headers = {{":path", "/p"}};
  if (choices.chance(6)) rule.body = [](std::string_view body) { return body.size() % 2 == 0; };
  tamis::CalloutReply& reply = rule.reply;
  if (!choices.chance(4)) reply.message = message(choices, false);
  reply.after = choices.below(4) * 1'000'000;
  reply.timeout = choices.chance(6);
  reply.reset = choices.chance(6);
  reply.no_cluster = choices.chance(10);
  for (size_t n = choices.below(3); n > 0; --n) reply.messages.emplace_back(choices.below(9), 'm');
  reply.grpc_status = static_cast<int32_t>(choices.below(18)) - 1;
  if (choices.chance(3)) rule.times = choices.below(2);
  return rule;
}

inline tamis::PluginInput plugin(Choices& choices) {
  tamis::PluginInput input;
  input.name = "fuzz";
  input.vm_id = choices.chance(3) ? "vm" : "";
  input.configuration = std::string(choices.below(30), '{');
  input.environment = {{"A", "b"}};
  input.policy = static_cast<tamis::FailurePolicy>(choices.below(3));
  input.allow_on_headers_stop_iteration = choices.chance(2);
  return input;
}

inline tamis::Script script(Choices& choices) {
  using Kind = tamis::StepInput::Kind;
  tamis::Script script;
  script.plugin = plugin(choices);
  for (size_t n = choices.chance(4) ? choices.below(3) : 0; n > 0; --n)
    script.beside.push_back(plugin(choices));
  script.properties = {{std::string("source\0address", 14), "1.2.3.4:5"}};
  script.shared_data = {{"k", "v"}};
  script.protocol = choices.chance(2) ? "HTTP/2" : "HTTP/1.1";
  script.removal = choices.chance(2);
  script.limits.memory = 1 << 20;
  script.limits.table_elements = 1000;
  script.limits.deadline_ms = 10;
  script.limits.log_bytes = 1 << 16;
  script.limits.body_bytes = 1 << 18;
  script.limits.buffer_bytes = 4096;
  for (size_t n = choices.below(3); n > 0; --n) script.callouts.push_back(callout(choices));
  for (size_t n = 1 + choices.below(4); n > 0; --n) {
    const bool overlap = !script.steps.empty() && choices.chance(3);
    const size_t kind = choices.below(6);
    if (kind < 4) {
      script.steps.push_back({Kind::kExchange, overlap, script.exchanges.size(), 0});
      script.exchanges.push_back(exchange(choices));
    } else if (kind == 4) {
      script.steps.push_back({Kind::kTick, overlap, 0, choices.below(4) * 1'000'000'000});
    } else {
      script.steps.push_back({Kind::kConnection, false, script.connections.size(), 0});
      script.connections.push_back(connection(choices));
    }
  }
  return script;
}

}  // namespace fuzz
