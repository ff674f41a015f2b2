// SPDX-License-Identifier: Apache-2.0
//
// What outlives a stream: a timer, a queue, shared data, metrics; and asking from a plugin. The
// configuration is the period of the timer in milliseconds.

#include <tamis/http.h>

using tamis::Level;
using tamis::StringView;

class Keeping : public tamis::Plugin,
                public tamis::OnTick,
                public tamis::OnQueue,
                public tamis::OnCallout {
 public:
  bool configure(StringView text) override {
    uint32_t milliseconds = 0;
    for (char digit : text) milliseconds = milliseconds * 10 + static_cast<uint32_t>(digit - '0');
    if (milliseconds != 0) tamis::tick_every(milliseconds);
    ticks_ = tamis::Counter("sdk.ticks");
    seen_ = tamis::Gauge("sdk.seen");
    sizes_ = tamis::Histogram("sdk.sizes");
    queue_ = tamis::Queue::own("letters");
    return true;
  }

  void on_tick() override {
    ticks_.add();
    ticks_.add(0);  // nothing, and no mistake
    tamis::log(Level::Info, "tick ", ticks_.value());
    if (ticks_.value() == 2) {
      tamis::tick_every(0);
      if (!tamis::call({.cluster = "svc", .path = "/tick"})) tamis::log(Level::Error, "refused");
    }
    queue_.push("letter");
  }

  void on_queue(tamis::Queue queue) override {
    const tamis::Maybe<StringView> letter = queue.pop();
    tamis::log(Level::Info, "queue ", letter.value_or("empty"), " ", queue.pop().value_or("empty"));
  }

  void on_callout(tamis::CalloutReply& reply) override {
    tamis::log(Level::Info, "plugin was told ", reply.status());
  }

  void seen(size_t size) {
    seen_.add(3);
    seen_.add(-1);
    sizes_.record(size);
    tamis::log(Level::Info, "seen ", seen_.value());
  }

 private:
  tamis::Counter ticks_;
  tamis::Gauge seen_;
  tamis::Histogram sizes_;
  tamis::Queue queue_;
};

class Visitor : public tamis::HttpFilter {
 public:
  explicit Visitor(Keeping& plugin) : plugin_(plugin) {}

  tamis::FilterStatus on_request_headers(tamis::Headers&, bool) override {
    plugin_.seen(7);
    tamis::update_shared_data("count", [](StringView old) {
      tamis::Text longer;
      longer << old << "|";
      return longer.text();
    });
    const tamis::SharedData found = tamis::shared_data("count").value_or({});
    const bool stale = tamis::set_shared_data("count", "lost", found.version + 1);
    const bool fresh = tamis::set_shared_data("fresh", "1", tamis::kNothingYet);
    const bool twice = tamis::set_shared_data("fresh", "2", tamis::kNothingYet);
    tamis::log(Level::Info, found.value, " ", stale, " ", fresh, " ", twice, " ",
               bool(tamis::shared_data("nobody")));
    const tamis::Maybe<tamis::Queue> letters = tamis::Queue::find("", "letters");
    tamis::log(Level::Info, bool(letters), " ", bool(tamis::Queue::find("", "none")), " ",
               bool(tamis::foreign_function("no_such_function")));
    if (!tamis::call({.cluster = "svc", .path = "/and-forget"})) {
      tamis::log(Level::Error, "refused");
    }
    return tamis::FilterStatus::Continue;
  }

 private:
  Keeping& plugin_;
};

TAMIS_HTTP_FILTER(Visitor, Keeping)
