// SPDX-License-Identifier: 0BSD
#include <tamis/network.h>

using tamis::FilterStatus;
using tamis::StringView;
namespace json = tamis::json;

// One for each configuration; it lives until the proxy drops the configuration.
class Settings : public tamis::Plugin {
 public:
  // Called once, in every thread of the proxy. False refuses to start.
  bool configure(StringView text) override {
    const json::Result read = json::parse(text, memory());
    if (!read) return refuse(read.error, " at byte ", read.offset);
    if (!read.value->is(json::Kind::Object)) return refuse("must be an object");
    const json::Value* prefix = read.value->find("deny_prefix");
    if (prefix == nullptr || !prefix->is(json::Kind::String) || prefix->text.empty()) {
      return refuse("\"deny_prefix\" must be a string that is not empty");
    }
    deny_prefix = prefix->text;
    return true;
  }

  StringView deny_prefix;

 private:
  template <class... Pieces>
  static bool refuse(const Pieces&... why) {
    tamis::log(tamis::Level::Error, "configuration: ", why...);
    return false;
  }
};

// One for each connection. The proxy calls only what is overridden here.
class Filter : public tamis::NetworkFilter {
 public:
  explicit Filter(const Settings& settings) : deny_prefix_(settings.deny_prefix) {}

  FilterStatus on_downstream_data(tamis::Body& data, bool end_of_stream) override {
    if (!passed_) {
      const StringView first = data.read(0, deny_prefix_.size());
      if (first == deny_prefix_) {
        tamis::log(tamis::Level::Warn, "denied");
        tamis::close_connection();
        return FilterStatus::Pause;  // nothing goes to the upstream
      }
      // Too few bytes to tell: hold them, and come again with more.
      if (!end_of_stream && deny_prefix_.starts_with(first)) return FilterStatus::Pause;
      passed_ = true;
    }
    downstream_ += data.size();
    return FilterStatus::Continue;
  }

  FilterStatus on_upstream_data(tamis::Body& data, bool) override {
    upstream_ += data.size();
    return FilterStatus::Continue;
  }

  void on_log() override {
    tamis::log(tamis::Level::Info, "downstream sent ", downstream_, " bytes, upstream ", upstream_);
  }

 private:
  StringView deny_prefix_;
  bool passed_ = false;
  uint64_t downstream_ = 0;
  uint64_t upstream_ = 0;
};

// Without this line nothing is exported, and the module does nothing.
TAMIS_NETWORK_FILTER(Filter, Settings)
