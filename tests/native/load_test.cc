#include "native/load.h"

#include <cmath>
#include <thread>

#include "allocations.h"
#include "check.h"
#include "load_server.h"

using namespace tamis;

static std::string request() { return std::string(kGet); }
static void nothing() {}

static void asked() {
  LoadServer server(kPong);
  Load load(server.port, {request()}, 2, 5, nothing);
  for (int i = 0; i < 2; ++i) {
    const int64_t before = monotonic_now();
    const Load::Asked asked = load.ask(0);
    CHECK(monotonic_now() - before >= 50'000'000);  // the server might still close
    CHECK(asked.status == 200 && asked.body == 4 && !asked.closed);
  }
  CHECK(server.accepted == 1);
  CHECK(throws<std::out_of_range>([&] { load.ask(1); }));
  load.close();
  CHECK(load.ask(0).status == 200 && server.accepted == 2);
}

static void asked_of_those_who_close() {
  LoadServer server(kPong, true);
  Load load(server.port, {request()}, 2, 5, nothing);
  const Load::Asked asked = load.ask(0);
  CHECK(asked.status == 200 && asked.closed);
  LoadServer rude("", true);
  Load none(rude.port, {request()}, 2, 5, nothing);
  CHECK(none.ask(0).status == 0 && none.ask(0).closed);
}

static void sliced() {
  LoadServer server(kPong);
  Load load(server.port, {request()}, 4, 5, nothing);
  for (const uint64_t count : {0, 1, 10, 400}) {
    const Load::Tally tally = load.slice(count);
    CHECK(tally.answered == count && tally.failed == 0 && tally.statuses[200] == count);
  }
  CHECK(server.accepted == 4);
}

// A server that closes behind each answer loses no request: the next one finds a new connection.
static void sliced_where_none_is_kept() {
  const std::string last = "HTTP/1.1 503 \r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
  LoadServer server(last, true);
  Load load(server.port, {request()}, 4, 5, nothing);
  const Load::Tally tally = load.slice(40);
  CHECK(tally.answered == 40 && tally.failed == 0 && tally.statuses[503] == 40);
  CHECK(server.accepted == 40);
}

static void silence() {
  LoadServer server("");
  int pulses = 0;
  Load load(server.port, {request()}, 4, 0.15, [&] { ++pulses; });
  const Load::Tally tally = load.slice(40);
  CHECK(tally.answered == 0 && tally.failed == 4 && pulses >= 1);
  CHECK(load.ask(0).status == 0);
  // Many more are due than four connections can be silent to: time fails the rest.
  const Load::Steady steady = load.steady(10'000, 2000);
  CHECK(steady.failed == 2000 && steady.records.size() == 2000 && pulses < 200);
  size_t silent = 0;
  for (const LoadRecord& record : steady.records) {
    const bool sent = record.failure == LoadFailure::kSilent;
    CHECK(sent || record.failure == LoadFailure::kUnsent);
    CHECK(sent == (record.begun != 0) && record.status == 0 && record.ended > record.due);
    silent += sent;
  }
  CHECK(silent >= 4);
}

static void what_the_pulse_throws_ends_it() {
  LoadServer server("");
  Load load(server.port, {request()}, 4, 60, [] { throw std::runtime_error("enough"); });
  CHECK(throws<std::runtime_error>([&] { load.ask(0); }, "enough"));
  CHECK(throws<std::runtime_error>([&] { load.slice(1); }, "enough"));
  CHECK(throws<std::runtime_error>([&] { load.steady(1, 2); }, "enough"));
  while (server.accepted < 3) std::this_thread::yield();  // what was under way is not gone on with
}

static void steadily() {
  LoadServer server(kPong);
  Load load(server.port, {request()}, 4, 5, nothing);
  const int64_t start = monotonic_now();
  const Load::Steady steady = load.steady(1000, 100);
  CHECK(monotonic_now() - start >= 99'000'000);  // the last is due then
  CHECK(steady.records.size() == 100 && steady.failed == 0 && steady.statuses[200] == 100);
  CHECK(server.accepted == 4);  // each in its turn
  const Load::Asked asked = load.ask(0);
  CHECK(asked.head != 0 && asked.whole != 0 && asked.head != asked.whole);
  for (size_t i = 0; i < 100; ++i) {
    const LoadRecord& record = steady.records[i];
    CHECK(start <= record.due && record.due <= record.begun && record.begun < record.ended);
    CHECK(record.status == 200 && record.failure == LoadFailure::kNone && record.request == 0);
    CHECK(record.head == asked.head && record.whole == asked.whole);
    CHECK((record.flags & LoadRecord::kEnded) == 0);
  }
}

// Which request, why it failed, and whether its connection went with it.
static void records() {
  LoadServer server(kPong, true);
  const std::string head = "HEAD" + request().substr(3);
  {
    Load load(server.port, {request(), head}, 2, 5, nothing);
    const Load::Steady steady = load.steady(200, 8);
    size_t heads = 0;
    for (const LoadRecord& record : steady.records) heads += record.request == 1;
    CHECK(steady.records.size() == 8 && heads == 4);
  }
  const auto failures = [](uint16_t port, LoadFailure failure) {
    Load load(port, {request()}, 2, 5, nothing);
    const Load::Steady steady = load.steady(1000, 6);
    CHECK(steady.failed == 6 && steady.records.size() == 6);
    for (const LoadRecord& record : steady.records)
      CHECK(record.failure == failure && record.flags & LoadRecord::kEnded && record.ended > 0);
  };
  LoadServer closes("", true), babbles("what?\r\n");
  failures(closes.port, LoadFailure::kClosed);
  failures(babbles.port, LoadFailure::kMalformed);
  uint16_t gone = 0;
  {
    const LoadServer for_now("");
    gone = for_now.port;
  }
  failures(gone, LoadFailure::kRefused);
}

// A server with one connection that takes its time makes requests wait, and says so.
static void waiting_for_a_connection() {
  LoadServer server(kPong);
  Load load(server.port, {request()}, 1, 5, nothing);
  const Load::Steady steady = load.steady(1e6, 50);  // faster than anybody answers
  size_t waited = 0;
  for (const LoadRecord& record : steady.records) waited += record.flags & LoadRecord::kWaited;
  CHECK(waited > 0 && steady.failed == 0);
}

static void stopped() {
  LoadServer server(kPong);
  Load load(server.port, {request()}, 4, 5, nothing);
  std::thread other([&] {
    while (server.received < 20 * kGet.size()) std::this_thread::yield();
    load.stop();
  });
  const Load::Steady steady = load.steady(2000, 2'000'000);  // a quarter of an hour
  other.join();
  CHECK(steady.records.size() >= 20 && steady.records.size() < 200'000 && steady.failed == 0);
  CHECK(load.steady(1000, 1000).records.size() <= 1);
}

static void allocates_nothing_on_the_way() {
  LoadServer server(kPong);
  Load load(server.port, {request(), "HEAD" + request().substr(3)}, 4, 5, nothing);
  load.slice(8);
  const auto taken = [&](const auto& action) {
    const size_t before = allocations;
    action();
    return allocations - before;
  };
  CHECK(taken([&] { load.slice(400); }) == 0);
  CHECK(taken([&] { load.steady(20'000, 400); }) == 1);  // the records
}

static void what_is_no_load() {
  using Requests = std::vector<std::string>;
  const auto wrong = [](const Requests& requests, size_t connections, double timeout) {
    return throws<std::invalid_argument>(
        [&] { const Load load(1, requests, connections, timeout, nothing); });
  };
  CHECK(!wrong({request()}, 1024, 1));
  CHECK(wrong({}, 1, 1) && wrong({request(), ""}, 1, 1));
  CHECK(wrong({request()}, 0, 1) && wrong({request()}, 1025, 1));
  for (const double timeout : {0.0, -1.0, 1e7, std::nan("")}) CHECK(wrong({request()}, 1, timeout));
  Load load(1, {request()}, 1, 1, nothing);
  for (const double rate : {0.0, -1.0, 1e-7, std::nan("")})
    CHECK(throws<std::invalid_argument>([&] { load.steady(rate, 10); }));
  CHECK(throws<std::invalid_argument>([&] { load.steady(1e6, (1 << 22) + 1); }));
}

int main() {
  asked();
  asked_of_those_who_close();
  sliced();
  sliced_where_none_is_kept();
  silence();
  what_the_pulse_throws_ends_it();
  steadily();
  records();
  waiting_for_a_connection();
  stopped();
  allocates_nothing_on_the_way();
  what_is_no_load();
}
