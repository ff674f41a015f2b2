// SPDX-License-Identifier: Apache-2.0
//
// Every callback of a connection; what the client sends goes on when a service has answered.

#include <tamis/network.h>

using tamis::FilterStatus;
using tamis::Level;

class Line : public tamis::NetworkFilter, public tamis::OnCallout {
 public:
  FilterStatus on_new_connection() override {
    tamis::log(Level::Info, "new");
    return FilterStatus::Continue;
  }

  FilterStatus on_downstream_data(tamis::Body& data, bool end_of_stream) override {
    tamis::log(Level::Info, "downstream ", data.read(), " ", end_of_stream);
    if (!answered_ && tamis::call({.cluster = "svc", .path = "/who"})) return FilterStatus::Pause;
    if (data.read(0, 4) == "QUIT") {
      tamis::close_connection();
      return FilterStatus::Pause;
    }
    if (data.size() != 0) data.prepend("<");
    return FilterStatus::Continue;
  }

  FilterStatus on_upstream_data(tamis::Body& data, bool end_of_stream) override {
    tamis::log(Level::Info, "upstream ", data.read(), " ", end_of_stream);
    if (data.size() != 0) data.append(">");
    return FilterStatus::Continue;
  }

  void on_callout(tamis::CalloutReply& reply) override {
    tamis::log(Level::Info, "answer ", reply.status());
    answered_ = true;
    tamis::resume_downstream();
  }

  void on_downstream_close(tamis::Peer by) override {
    tamis::log(Level::Info, "downstream closed ", static_cast<uint32_t>(by));
  }
  void on_upstream_close(tamis::Peer by) override {
    tamis::log(Level::Info, "upstream closed ", static_cast<uint32_t>(by));
  }
  void on_done() override { tamis::log(Level::Info, "done"); }
  void on_log() override { tamis::log(Level::Info, "log"); }

 private:
  bool answered_ = false;
};

TAMIS_NETWORK_FILTER(Line)
