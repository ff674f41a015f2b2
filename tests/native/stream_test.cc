#include "native/stream.h"

#include "check.h"

int main() {
  tamis::Stream stream;
  stream.clear(5);
  CHECK(stream.id == 5 && stream.body(0) == nullptr && stream.writable(1) == nullptr);
  // Trailers come into being while the last body callback runs, and only then.
  stream.bodies[0] = &stream.request().chunk;
  CHECK(stream.writable(1) == nullptr);
  stream.end_of_stream = true;
  CHECK(stream.writable(1) == &stream.request().trailers && stream.request().has_trailers);
  CHECK(stream.writable(3) == nullptr);
  stream.request().buffering = true;
  CHECK(stream.body(0) == &stream.request().buffered);
  // What is read in proxy_on_log is another set of maps; what is written is not.
  stream.log_phase = true;
  CHECK(stream.readable(1) == nullptr && stream.writable(1) == &stream.request().trailers);
  stream.note(tamis::Callback::proxy_on_request_body, 0);
  stream.note(tamis::Callback::proxy_on_request_body, 1);
  CHECK(stream.pauses.size() == 1 && stream.pauses[0].second == 1);
  stream.request().sent = "x";
  stream.reply.sent = true;
  stream.clear(6);
  CHECK(stream.request().sent.empty() && !stream.reply.sent && !stream.request().has_trailers);
  CHECK(stream.maps[1] == nullptr && !stream.log_phase);
}
