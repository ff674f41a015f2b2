// An exchange against a native guest.
#pragma once

#include "check.h"
#include "native/hostcalls/buffers.h"
#include "native/hostcalls/control.h"
#include "native/hostcalls/headers.h"
#include "native/http.h"
#include "native_guest.h"

// Lives for one test: a guest, an exchange with bodies and trailers both ways, and its run.
struct Run {
  Run() {
    host.abi = 2;
    input.request.headers.append(":method", "POST");
    input.answer.headers.append(":status", "200");
    input.request.chunks = {"one", "two"};
    input.answer.chunks = {"three", "four"};
    input.request.has_trailers = true;
    input.request.trailers.append("t", "1");
  }
  void on(tamis::Callback callback, NativeGuest::Body body) {
    guest.callbacks[callback] = std::move(body);
  }
  void run() {
    exchange.begin(input, plugin);
    world.settle();
    exchange.cancel();
  }
  const tamis::Stream& stream() const { return exchange.stream(); }
  const tamis::Side& request() const { return stream().request(); }
  const tamis::Side& response() const { return stream().response(); }

  tamis::Script script;
  NativeGuest guest;
  tamis::World world{script};
  NativeHost host{guest, world};
  tamis::PluginContext& plugin = host.add_plugin(script.plugin, 0);
  tamis::HttpExchange<NativeHost> exchange{host};
  tamis::ExchangeInput input;
};
