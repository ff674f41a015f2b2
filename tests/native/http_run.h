// An exchange against a native guest.
#pragma once

#include "check.h"
#include "native/hostcalls/buffers.h"
#include "native/hostcalls/control.h"
#include "native/hostcalls/headers.h"
#include "native/http.h"
#include "native_guest.h"

// Lives for one test: a guest, an exchange with bodies and trailers both ways, and its run.
struct Run : World {
  Run() : World(tamis::kVmContext) {
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
  void run() { tamis::HttpExchange(host, input).run(2); }
  tamis::Side& request() { return host.stream.request(); }
  tamis::Side& response() { return host.stream.response(); }
  tamis::ExchangeInput input;
};
