#include "native/load_poll.h"

#include "check.h"

using namespace tamis;

static void until(LoadPoll& poll, int64_t due) {
  while (monotonic_now() < due) CHECK(poll.wait(due).empty());
}

// Never before the time, and always after it, however the times follow each other.
static void the_clock() {
  LoadPoll poll(1);
  CHECK(poll.wait(0).empty());
  const int64_t start = monotonic_now();
  for (const int64_t after : {0, 50'000, 3'000'000, 3'000'000, 2'000'000, 6'000'000})
    until(poll, start + after);
}

static void a_file() {
  LoadPoll poll(1);
  int pipe[2];
  CHECK(::pipe(pipe) == 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = 7;
  CHECK(epoll_ctl(poll.file(), EPOLL_CTL_ADD, pipe[0], &event) == 0);
  until(poll, monotonic_now() + 1'000'000);
  CHECK(write(pipe[1], "x", 1) == 1);
  const auto events = poll.wait(kNever);
  CHECK(events.size() == 1 && events[0].data.u32 == 7);
  CHECK(poll.wait(0).size() == 1);  // until it is read
  close(pipe[0]);
  close(pipe[1]);
}

int main() {
  the_clock();
  a_file();
}
