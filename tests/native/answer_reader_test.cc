#include "native/answer_reader.h"

#include <string>

#include "check.h"

using tamis::AnswerReader;
using State = AnswerReader::State;

// What a reader made of bytes fed `piece` at a time, of a connection that then may end.
struct Read {
  State state;
  uint32_t status;
  uint64_t body;
  size_t taken;
  bool closes;
  uint64_t head_hash = 0, whole_hash = 0;  // where asked for
  bool operator==(const Read&) const = default;
};
static Read read(std::string_view bytes, size_t piece, bool head, bool ends, bool hashed = false) {
  AnswerReader reader;
  reader.start(head, hashed);
  size_t taken = 0;
  while (reader.state() == State::kReading && taken < bytes.size())
    taken += reader.feed(bytes.substr(taken, piece));
  if (ends) reader.end();
  return {reader.state(),  reader.status(),    reader.body(),      taken,
          reader.closes(), reader.head_hash(), reader.whole_hash()};
}
static Read read(std::string_view bytes, bool head = false, bool ends = false) {
  const Read whole = read(bytes, bytes.size() + 1, head, ends);
  for (size_t piece = 1; piece <= bytes.size(); ++piece)
    CHECK(read(bytes, piece, head, ends) == whole);
  return whole;
}

static const std::string kOk = "HTTP/1.1 200 OK\r\n";

// Done at its last byte and not before, whatever follows.
static void ends(const std::string& bytes, uint32_t status, uint64_t body, bool closes = false,
                 bool head = false) {
  CHECK(read(bytes + "more", head) == Read{State::kDone, status, body, bytes.size(), closes});
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    CHECK(read(bytes.substr(0, cut), head).state == State::kReading);
    CHECK(read(bytes.substr(0, cut), head, true).state == State::kBroken);
  }
}

static void bodies() {
  ends(kOk + "Content-Length: 5\r\n\r\nhello", 200, 5);
  ends(kOk + "content-length:0\r\n\r\n", 200, 0);
  ends(kOk + "content-length: 2\r\ncontent-length: 2\r\n\r\nab", 200, 2);
  ends("HTTP/1.1 503 \r\nx: y\r\ncontent-length: 1\t\r\n\r\n!", 503, 1);
  ends("HTTP/1.1 200\ncontent-length: 1\n\n!", 200, 1);
}

static void chunks() {
  const std::string head = kOk + "Transfer-Encoding: Chunked\r\n\r\n";
  ends(head + "0\r\n\r\n", 200, 0);
  ends(head + "3\r\nabc\r\n1;name=\"value\"\r\nd\r\n00\r\n\r\n", 200, 4);
  ends(head + "A \r\n0123456789\r\n0\r\nx-sum: 1\r\ny: 2\r\n\r\n", 200, 10);
  ends(kOk + "transfer-encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 200, 1);
  for (const char* bad : {"\r\n", "x\r\n", "-1\r\n", "+1\r\n", "1 1\r\n", "10000000000000000\r\n",
                          "1\r\nab\r\n", "2\r\na\r\n\r\n"})
    CHECK(read(head + bad).state == State::kBroken);
  // Many chunks are no large head.
  std::string many = head;
  constexpr size_t kCount = AnswerReader::kMaxHead / 3;
  for (size_t i = 0; i < kCount; ++i) many += "1\r\na\r\n";
  CHECK(read(many + "0\r\n\r\n", 1000, false, false).body == kCount);
}

static void no_bodies() {
  ends(kOk + "content-length: 5\r\n\r\n", 200, 0, false, true);
  ends(kOk + "transfer-encoding: chunked\r\n\r\n", 200, 0, false, true);
  ends("HTTP/1.1 204 No Content\r\n\r\n", 204, 0);
  ends("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", 304, 0);
  ends("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nlink: x\r\n\r\n" + kOk +
           "content-length: 1\r\n\r\na",
       200, 1);
  ends("HTTP/1.1 100 Continue\r\ncontent-length: 9\r\n\r\n" + kOk + "content-length: 1\r\n\r\na",
       200, 1);
  ends("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", 101, 0, true);
}

static void connections() {
  ends(kOk + "Connection: Close\r\ncontent-length: 0\r\n\r\n", 200, 0, true);
  ends(kOk + "connection: x, close , y\r\ncontent-length: 0\r\n\r\n", 200, 0, true);
  ends(kOk + "connection: closed\r\ncontent-length: 0\r\n\r\n", 200, 0, false);
  ends("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", 200, 0, true);
  ends("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n", 200, 0, false);
  // Nothing but the connection's end ends these.
  for (const char* header : {"", "x: y\r\n", "transfer-encoding: gzip\r\n"}) {
    const std::string bytes = kOk + header + "\r\nall of it";
    CHECK(read(bytes).state == State::kReading);
    CHECK(read(bytes, false, true) == Read{State::kDone, 200, 9, bytes.size(), true});
  }
}

static void malformed() {
  for (const char* bad :
       {"\r\n", "HTTP/2 200 OK\r\n", "HTTP/1.x 200 OK\r\n", "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 099 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1  200\r\n", "hello\n"})
    CHECK(read(bad).state == State::kBroken);
  for (const char* bad :
       {"no colon\r\n", ": y\r\n", "x : y\r\n", " folded: y\r\n", "content-length: \r\n",
        "content-length: 1, 1\r\n", "content-length: -1\r\n", "content-length: 1e3\r\n",
        "content-length: 99999999999999999999\r\n", "content-length: 1\r\ncontent-length: 2\r\n"})
    CHECK(read(kOk + bad).state == State::kBroken);
  CHECK(read(kOk + "content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n").state ==
        State::kBroken);
}

static void bounded() {
  constexpr size_t kMost = AnswerReader::kMaxHead;
  const auto end = [](const std::string& bytes) { return read(bytes, 1000, false, false).state; };
  const std::string value(300, 'v');
  ends(kOk + "x: " + value + "\r\ncontent-length: 0\r\n\r\n", 200, 0);
  for (const char* name : {"content-length: 0", "transfer-encoding: ", "connection: "})
    CHECK(read(kOk + name + std::string(300, ' ') + "\r\n").state == State::kBroken);
  const std::string tail = "\r\ncontent-length: 0\r\n\r\n";
  const std::string fits = kOk + "x:" + std::string(kMost - kOk.size() - 2 - tail.size(), 'v');
  CHECK(end(fits + tail) == State::kDone && end(fits + 'v' + tail) == State::kBroken);
  CHECK(end(std::string(kMost, 'H')) == State::kReading);
  CHECK(end(std::string(kMost + 1, 'H')) == State::kBroken);
  std::string interim;
  while (interim.size() <= kMost) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(end(interim) == State::kBroken);
  const std::string chunk = kOk + "transfer-encoding: chunked\r\n\r\n1\r\na";
  CHECK(end(chunk + std::string(kMost + 1, 'x')) == State::kBroken);
  std::string trailers = chunk + "\r\n0\r\n";
  while (trailers.size() <= kMost + chunk.size() + 2) trailers += "x: y\r\n";
  CHECK(end(trailers) == State::kBroken);
}

// The hashes of an answer; the same however it is cut.
static Read hashed(const std::string& bytes, bool head = false) {
  const Read whole = read(bytes, bytes.size() + 1, head, true, true);
  CHECK(whole.state == State::kDone && whole.head_hash != 0 && whole.whole_hash != 0);
  for (size_t piece = 1; piece <= bytes.size(); ++piece)
    CHECK(read(bytes, piece, head, true, true) == whole);
  return whole;
}

static void told_apart() {
  const std::string fields = "x-a: 1\r\nx-b: 2\r\n";
  const std::string plain = kOk + fields + "content-length: 2\r\n\r\nok";
  const Read first = hashed(plain);
  CHECK(read(plain).head_hash == 0 && read(plain).whole_hash == 0);
  // Neither its moment nor its connection.
  const Read later = hashed(kOk + "date: now\r\n" + fields + "Connection: close\r\n" +
                            "x-envoy-upstream-service-time: 3\r\ncontent-length: 2\r\n\r\nok");
  CHECK(later.head_hash == first.head_hash && later.whole_hash == first.whole_hash);
  // An interim answer is none.
  CHECK(hashed("HTTP/1.1 100 Continue\r\nx: y\r\n\r\n" + plain).whole_hash == first.whole_hash);
  const Read body = hashed(kOk + fields + "content-length: 2\r\n\r\nno");
  CHECK(body.head_hash == first.head_hash && body.whole_hash != first.whole_hash);
  const std::string tail = "content-length: 2\r\n\r\nok";
  const std::string longer = "x-a: 1" + std::string(1000, '.');
  for (const std::string& other :
       {"HTTP/1.1 201 OK\r\n" + fields, kOk + "x-b: 2\r\nx-a: 1\r\n", kOk + "x-a: 1\r\n",
        kOk + "x-a: 1x-b: 2\r\n", kOk + fields + "x-c:\r\n", kOk + longer + "a\r\n",
        kOk + longer + "b\r\n"})
    CHECK(hashed(other + tail).head_hash != first.head_hash);
  CHECK(hashed(kOk + longer + "a\r\n" + tail).head_hash !=
        hashed(kOk + longer + "b\r\n" + tail).head_hash);
  // Framing does not count: chunks are one body.
  const std::string chunked = kOk + fields + "transfer-encoding: chunked\r\n\r\n";
  const Read one = hashed(chunked + "2\r\nok\r\n0\r\n\r\n");
  CHECK(hashed(chunked + "1\r\no\r\n1\r\nk\r\n0\r\n\r\n").whole_hash == one.whole_hash);
  CHECK(hashed(kOk + fields + "\r\nok").whole_hash == one.whole_hash);
  const Read head = hashed(plain.substr(0, plain.size() - 2), true);
  CHECK(head.head_hash == first.head_hash && head.whole_hash != first.whole_hash);
}

static void again() {
  AnswerReader reader;
  reader.feed("nonsense\n");
  CHECK(reader.state() == State::kBroken);
  CHECK(reader.feed("HTTP/1.1 204 \r\n\r\n") == 0);
  reader.start(false);
  CHECK(reader.feed("HTTP/1.1 204 \r\n\r\n") == 17 && reader.state() == State::kDone);
}

int main() {
  bodies();
  chunks();
  no_bodies();
  connections();
  malformed();
  bounded();
  told_apart();
  again();
}
