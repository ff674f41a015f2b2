// What lies around the VMs of one run: time and what is due, the state that VMs share, what
// callouts found, what was logged.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "clock.h"
#include "foreign.h"
#include "log.h"
#include "metrics.h"
#include "queues.h"
#include "script.h"
#include "shared_data.h"
#include "trace.h"

namespace tamis {

// Something that events happen to. `what` and `stamp` are its own: a stamp tells it whether the
// event still concerns it.
class Occasion {
 public:
  virtual void happen(uint32_t what, uint64_t stamp) = 0;
  // More happens than a step may hold: whoever keeps it up is to be stopped.
  virtual void exhaust(const OutputLimit&) {}

 protected:
  ~Occasion() = default;
};

// One callout as the other side saw it; `answered` false: no rule matched it.
struct CalloutRecord {
  enum class Kind : uint8_t { kHttp, kGrpcCall, kGrpcStream };
  Kind kind = Kind::kHttp;
  std::string cluster;
  HeaderMap headers, trailers;
  std::string body;
  std::vector<std::string> messages;
  bool answered = true;
  bool made = true;  // it reached a cluster
};

// Lives for one run, is used by one thread. Events happen in order of their time, then what Envoy
// does by itself, then in the order in which they were caused.
class World {
 public:
  // More than that in one step, or planned at once, is a guest that keeps itself busy for ever.
  static constexpr uint64_t kMaxEvents = 100'000;

  explicit World(const Script& script)
      : script(script),
        shared_data(script.limits.log_bytes),
        queues(script.limits.log_bytes),
        foreign(script.foreign ? script.foreign() : nullptr),
        left(script.callouts.size()) {
    clock.start = script.now;
    rewind();
    for (const auto& [key, value] : script.shared_data)
      shared_data.set(script.plugin.vm_id, key, value, 0);
  }
  World(const World&) = delete;

  // Plans `what` for `who`, `after` nanoseconds from now. Nobody waits for a timer.
  void plan(uint64_t after, Occasion& who, uint32_t what, uint64_t stamp, bool timer = false) {
    if (events_.size() >= kMaxEvents) throw TooMany("events planned", kMaxEvents);
    push({clock.passed + after, order_++, &who, stamp, what, timer, false});
  }

  // Plans what Envoy does by itself when the guest has returned, before anybody else has a turn.
  void plan_next(Occasion& who, uint32_t what, uint64_t stamp) {
    if (events_.size() >= kMaxEvents) throw TooMany("events planned", kMaxEvents);
    push({clock.passed, order_++, &who, stamp, what, false, true});
  }

  // Nothing is planned: what comes next can happen at once.
  bool idle() const { return events_.empty() && !overlapped; }
  bool waiting() const { return waiting_ > 0; }

  // What was planned by `plan_next` happens.
  void catch_up() {
    while (behind()) next();
  }
  bool behind() const { return !events_.empty() && events_.front().first; }

  // Everything happens that somebody waits for, and the timers that are due before it.
  void settle() {
    while (waiting_ > 0) next();
  }

  // Virtual time moves on by `nanoseconds`.
  void advance(uint64_t nanoseconds) {
    const uint64_t until = clock.passed + nanoseconds;
    while (!events_.empty() && events_.front().at <= until) next();
    clock.passed = until;
  }

  // Nothing planned for `who` happens any more.
  void forget(const Occasion& who) {
    std::erase_if(events_, [&](const Event& event) {
      if (event.who != &who) return false;
      waiting_ -= event.timer ? 0 : 1;
      return true;
    });
    std::make_heap(events_.begin(), events_.end(), later);
  }

  // The timer of `who` is not to go off.
  void forget_timer(const Occasion& who) {
    const auto stale = [&](const Event& event) { return event.timer && event.who == &who; };
    if (std::erase_if(events_, stale) != 0) std::make_heap(events_.begin(), events_.end(), later);
  }

  // Keeps what a callout sent; returns its number. Bounded like logs: it grows with what guests do.
  size_t record(CalloutRecord record, bool answered) {
    size_t size = sizeof record + record.headers.byte_size() + record.trailers.byte_size();
    charge(size + record.cluster.size() + record.body.size());
    record.answered = answered;
    callouts.push_back(std::move(record));
    return forgotten_ + callouts.size() - 1;
  }
  // The callout of that number, or nullptr: it was forgotten, or never made.
  CalloutRecord* callout(size_t record) {
    const bool there = record >= forgotten_ && record - forgotten_ < callouts.size();
    return there ? &callouts[record - forgotten_] : nullptr;
  }
  void add_message(size_t record, std::string_view bytes) {
    CalloutRecord* to = callout(record);
    if (to == nullptr) return;
    charge(sizeof(std::string) + bytes.size());
    to->messages.emplace_back(bytes);
  }

  // Forgets what callouts found: nobody waits for one.
  void forget_callouts() {
    forgotten_ += callouts.size();  // a gRPC stream may still be open
    callouts.clear();
    recorded_ = 0;
  }

  // The callout rules count anew: the steps are about to be run again.
  void rewind() {
    for (size_t i = 0; i < left.size(); ++i) left[i] = script.callouts[i].times;
  }

  // To be called when a step begins.
  void begin_step(int32_t step) {
    log.step = step;
    happened_ = 0;
  }

  const Script& script;
  VirtualClock clock;
  Log log;
  Trace trace;
  SharedData shared_data;
  Queues queues;
  Metrics metrics;
  std::unique_ptr<Foreign> foreign;  // functions that are not the core's own; may be none
  bool overlapped = false;           // another step is about to begin before time goes on
  std::vector<uint64_t> left;        // how often each callout rule may still answer
  std::vector<CalloutRecord> callouts;

 private:
  struct Event {
    uint64_t at, order;
    Occasion* who;
    uint64_t stamp;
    uint32_t what;
    bool timer, first;  // `first`: of those at its time
  };
  static bool later(const Event& a, const Event& b) {
    if (a.at != b.at) return a.at > b.at;
    return a.first != b.first ? b.first : a.order > b.order;
  }

  void push(const Event& event) {
    events_.push_back(event);
    std::push_heap(events_.begin(), events_.end(), later);
    waiting_ += event.timer ? 0 : 1;
  }

  void charge(size_t bytes) {
    recorded_ += bytes;
    if (recorded_ > script.limits.body_bytes)
      throw OutputLimit("callouts", script.limits.body_bytes);
  }

  void next() {
    std::pop_heap(events_.begin(), events_.end(), later);
    const Event event = events_.back();
    events_.pop_back();
    waiting_ -= event.timer ? 0 : 1;
    clock.passed = std::max(clock.passed, event.at);
    if (++happened_ > kMaxEvents) {
      happened_ = 0;
      return event.who->exhaust(TooMany("events in one step", kMaxEvents));
    }
    event.who->happen(event.what, event.stamp);
  }

  std::vector<Event> events_;
  uint64_t order_ = 0, happened_ = 0;
  size_t waiting_ = 0, recorded_ = 0, forgotten_ = 0;
};

}  // namespace tamis
