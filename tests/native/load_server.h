// A server of HTTP/1.1 in a thread, for the load client's tests: it says what its script says.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <thread>

#include "check.h"

inline constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
inline constexpr std::string_view kPong = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npong";

// Lives for one test. Answers each read of a connection with `answer`, nothing if it is empty;
// allocates nothing while it does.
class LoadServer {
 public:
  explicit LoadServer(std::string_view answer, bool closes = false)
      : answer_(answer), closes_(closes) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener_ >= 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) == 0);
    CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    CHECK(listen(listener_, 64) == 0);
    port = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  LoadServer(const LoadServer&) = delete;
  ~LoadServer() {
    stop_ = true;
    thread_.join();
    close(listener_);
  }

  uint16_t port = 0;
  std::atomic<size_t> answers = SIZE_MAX;          // before it falls silent
  std::atomic<size_t> accepted = 0, received = 0;  // connections, bytes

 private:
  void serve() {
    std::array<pollfd, 32> files{};
    nfds_t count = 1;
    files[0] = {listener_, POLLIN, 0};
    while (!stop_) {
      poll(files.data(), count, 10);
      for (nfds_t i = count; i-- > 1;) {
        if (files[i].revents == 0) continue;
        char bytes[4096];
        const ssize_t size = recv(files[i].fd, bytes, sizeof bytes, 0);
        const bool open = size > 0;
        if (open) received += static_cast<size_t>(size);
        if (open && answers > 0) {
          --answers;
          send(files[i].fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
        }
        if (open && !closes_) continue;
        close(files[i].fd);
        files[i] = files[--count];
      }
      if (files[0].revents == 0) continue;
      CHECK(count < files.size());
      files[count++] = {accept(listener_, nullptr, nullptr), POLLIN, 0};
      ++accepted;
    }
    while (count-- > 1) close(files[count].fd);
  }

  const std::string_view answer_;
  const bool closes_;
  int listener_ = -1;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};
