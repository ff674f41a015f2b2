// One connection of the load client: one request at a time, its answer read to the end. Linux
// alone.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

#include "answer_reader.h"
#include "load_poll.h"
#include "load_record.h"

namespace tamis {

// Lives with its client, over any number of connections to 127.0.0.1, opened on demand.
class LoadSocket {
 public:
  // Of a request; of none while nothing is under way.
  enum class Result : uint8_t { kPending, kAnswered, kFailed };

  // `tag`: what events of `epoll` know it by.
  LoadSocket(int epoll, uint32_t tag, uint16_t port) : epoll_(epoll), tag_(tag), port_(port) {}
  LoadSocket(const LoadSocket&) = delete;
  ~LoadSocket() { close(); }

  uint32_t tag() const { return tag_; }
  bool open() const { return file_ >= 0; }
  bool busy() const { return busy_; }
  // Of the last answer.
  const AnswerReader& answer() const { return reader_; }
  // Why the last request failed, if it did.
  LoadFailure failure() const { return failure_; }
  // When something was sent or read, when something was read: times of monotonic_now.
  int64_t moved() const { return moved_; }
  int64_t heard() const { return heard_; }

  // Sends `request`, which must live until it is over; `hashed`: its answer is told from others.
  // Throws std::system_error where files run out.
  Result begin(std::string_view request, bool hashed = false) {
    unsent_ = request;
    reader_.start(request.starts_with("HEAD "), hashed);
    moved_ = monotonic_now();
    busy_ = true;
    failure_ = LoadFailure::kNone;
    connected_ = open();
    reset_ = false;
    if (!open() && !connect()) return fail(LoadFailure::kRefused);
    send();  // what has no connection yet has no room either
    return Result::kPending;
  }

  // What epoll tells; `buffer` is room to read into.
  Result ready(uint32_t events, std::span<char> buffer) {
    if (!busy_) {  // the server ends the connection, or speaks unasked
      close();
      return Result::kPending;
    }
    if ((events & EPOLLOUT) != 0) send();
    if ((events & ~uint32_t{EPOLLOUT}) == 0) return Result::kPending;
    return receive((events & EPOLLRDHUP) != 0, buffer);
  }

  // Nothing moved for too long.
  Result give_up() { return fail(LoadFailure::kSilent); }

  // What is under way is given up.
  void close() {
    busy_ = blocked_ = false;
    if (open()) ::close(file_);
    file_ = -1;
  }

 private:
  bool connect() {
    file_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file_ < 0 || !watch(EPOLL_CTL_ADD, true))
      throw std::system_error(errno, std::generic_category(), "the load client cannot connect");
    const int on = 1;
    setsockopt(file_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(file_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ||
           errno == EINPROGRESS;
  }

  bool watch(int operation, bool room) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | (room ? EPOLLOUT : 0U);
    event.data.u32 = tag_;
    blocked_ = room;
    return epoll_ctl(epoll_, operation, file_, &event) == 0;
  }

  void send() {
    while (!unsent_.empty()) {
      const ssize_t sent = ::send(file_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
      // A server may answer and close before it has read everything: what it said is still there,
      // and reading tells if there is nothing.
      if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        reset_ = errno == ECONNRESET;
        break;
      }
      if (sent < 0) {
        if (!blocked_) watch(EPOLL_CTL_MOD, true);
        return;
      }
      moved_ = monotonic_now();
      connected_ = true;
      unsent_.remove_prefix(static_cast<size_t>(sent));
    }
    if (blocked_) watch(EPOLL_CTL_MOD, false);
  }

  Result receive(bool last, std::span<char> buffer) {
    const ssize_t size = recv(file_, buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Result::kPending;
    if (size <= 0) return ended(size < 0);
    moved_ = heard_ = monotonic_now();
    const auto all = static_cast<size_t>(size);
    const size_t taken = reader_.feed({buffer.data(), all});
    if (reader_.state() == AnswerReader::State::kReading) return Result::kPending;
    if (reader_.state() == AnswerReader::State::kBroken) return fail(LoadFailure::kMalformed);
    busy_ = false;
    if (last || taken < all || !unsent_.empty() || reader_.closes()) close();
    return Result::kAnswered;
  }

  // Nothing more will come.
  Result ended(bool error) {
    if (!connected_) return fail(LoadFailure::kRefused);
    if (error) return fail(LoadFailure::kReset);
    reader_.end();
    if (reader_.state() != AnswerReader::State::kDone)
      return fail(reset_ ? LoadFailure::kReset : LoadFailure::kClosed);
    close();
    return Result::kAnswered;
  }

  Result fail(LoadFailure failure) {
    close();
    failure_ = failure;
    return Result::kFailed;
  }

  const int epoll_;
  const uint32_t tag_;
  const uint16_t port_;
  int file_ = -1;
  bool busy_ = false;
  bool blocked_ = false;  // waits for room to send, or for the connection
  bool connected_ = false, reset_ = false;
  LoadFailure failure_ = LoadFailure::kNone;
  int64_t moved_ = 0, heard_ = 0;
  std::string_view unsent_;
  AnswerReader reader_;
};

}  // namespace tamis
