#include "native/load_socket.h"

#include "check.h"
#include "load_server.h"

using namespace tamis;
using Result = LoadSocket::Result;

// A socket whose events are waited for; buffers of a few bytes are filled many times.
struct Rig {
  explicit Rig(uint16_t port) : socket(poll.file(), 3, port) {}
  Result turn(int64_t due = kNever) {
    Result result = Result::kPending;
    for (const epoll_event& event : poll.wait(due)) {
      CHECK(event.data.u32 == 3);
      result = socket.ready(event.events, buffer);
    }
    return result;
  }
  Result ask(std::string_view request) {
    Result result = socket.begin(request);
    while (result == Result::kPending) result = turn();
    CHECK(!socket.busy());
    return result;
  }
  // Until the server's end of the connection shows.
  void until_closed() {
    while (socket.open()) CHECK(turn() == Result::kPending);
  }

  LoadPoll poll{1};
  LoadSocket socket;
  std::array<char, 16> buffer;
};

static void a_kept_connection() {
  LoadServer server(kPong);
  Rig rig(server.port);
  for (int i = 0; i < 3; ++i) {
    const int64_t before = monotonic_now();
    CHECK(rig.ask(kGet) == Result::kAnswered && rig.socket.open());
    CHECK(rig.socket.answer().status() == 200 && rig.socket.answer().body() == 4);
    CHECK(before < rig.socket.heard() && rig.socket.heard() <= monotonic_now());
  }
  CHECK(server.accepted == 1);
}

static void a_head() {
  LoadServer server("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n");
  Rig rig(server.port);
  CHECK(rig.ask("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n") == Result::kAnswered && rig.socket.open());
}

static void a_server_that_closes() {
  LoadServer server(kPong, true);
  Rig rig(server.port);
  for (size_t i = 1; i <= 3; ++i) {
    CHECK(rig.ask(kGet) == Result::kAnswered && server.accepted == i);
    rig.until_closed();
  }
}

static void a_body_that_the_end_ends() {
  LoadServer server("HTTP/1.1 200 OK\r\n\r\nall there is", true);
  Rig rig(server.port);
  CHECK(rig.ask(kGet) == Result::kAnswered && rig.socket.answer().body() == 12);
  CHECK(!rig.socket.open());
}

static void what_breaks() {
  for (const std::string_view answer : {"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha", ""}) {
    LoadServer server(answer, true);
    Rig rig(server.port);
    CHECK(rig.ask(kGet) == Result::kFailed && !rig.socket.open());
    CHECK(rig.socket.failure() == LoadFailure::kClosed);
  }
  LoadServer server("what?\r\n");
  Rig rig(server.port);
  CHECK(rig.ask(kGet) == Result::kFailed && !rig.socket.open());
  CHECK(rig.socket.failure() == LoadFailure::kMalformed);
}

// A server that closes what it has not read resets the connection.
static void a_reset() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  CHECK(bind(listener, reinterpret_cast<const sockaddr*>(&at), size) == 0);
  CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  CHECK(listen(listener, 1) == 0);
  Rig rig(ntohs(at.sin_port));
  CHECK(rig.socket.begin(kGet) == Result::kPending);
  const int file = accept(listener, nullptr, nullptr);
  char byte = 0;
  Result result = Result::kPending;
  while (recv(file, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 1) result = rig.turn(0);
  close(file);
  while (result == Result::kPending) result = rig.turn();
  CHECK(result == Result::kFailed && rig.socket.failure() == LoadFailure::kReset);
  close(listener);
}

// An answer that nobody asked for would be taken for the next request's.
static void more_than_was_asked_for() {
  const std::string twice = std::string(kPong) + std::string(kPong);
  LoadServer server(twice);
  Rig rig(server.port);
  CHECK(rig.ask(kGet) == Result::kAnswered);
  rig.until_closed();
  const std::string longer = std::string(kPong) + "abc";
  LoadServer wordy(longer);
  Rig other(wordy.port);
  CHECK(other.ask(kGet) == Result::kAnswered && !other.socket.open());
}

static void nobody_listens() {
  uint16_t port = 0;
  {
    const LoadServer server("");
    port = server.port;
  }
  Rig rig(port);
  CHECK(rig.ask(kGet) == Result::kFailed && !rig.socket.open());
  CHECK(rig.socket.failure() == LoadFailure::kRefused);
}

static void what_is_given_up() {
  LoadServer server("");
  Rig rig(server.port);
  CHECK(rig.socket.begin(kGet) == Result::kPending);
  CHECK(rig.socket.busy() && rig.socket.open());
  CHECK(rig.socket.give_up() == Result::kFailed);
  CHECK(rig.socket.failure() == LoadFailure::kSilent);
  CHECK(!rig.socket.busy() && !rig.socket.open());
  CHECK(rig.poll.wait(0).empty());
}

// More than the kernel takes at once: sent as there is room.
static void a_large_request() {
  const std::string request =
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 67108864\r\n\r\n" + std::string(64 << 20, 'x');
  LoadServer server(kPong);
  Rig rig(server.port);
  server.answers = 1;
  CHECK(rig.ask(kGet) == Result::kAnswered && rig.socket.begin(request) == Result::kPending);
  while (server.received < kGet.size() + request.size())
    CHECK(rig.turn(monotonic_now() + 1'000'000) == Result::kPending);
  CHECK(rig.socket.busy() && server.accepted == 1);
  // An answer before the end of its request leaves nothing to go on with.
  rig.socket.close();
  server.answers = 1;
  CHECK(rig.ask(request) == Result::kAnswered && !rig.socket.open());
}

int main() {
  a_kept_connection();
  a_head();
  a_server_that_closes();
  a_body_that_the_end_ends();
  what_breaks();
  a_reset();
  more_than_was_asked_for();
  nobody_listens();
  what_is_given_up();
  a_large_request();
}
