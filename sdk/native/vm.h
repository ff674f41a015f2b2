// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A copy of a twin with its plugin, in one thread: what Envoy's Wasm runtime calls a VM.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exports.h"
#include "library.h"
#include "metrics.h"
#include "settings.h"
#include "stream.h"
#include "trace.h"

namespace shim {

class Vm;

// A callback that runs in this thread. `stream`: that in effect, null for the plugin itself.
struct Frame {
  Vm& vm;
  Stream* stream;
  Stream* const own;
  bool stop = false;  // it made a local reply
};
// Host functions find whose they are by it; null outside of callbacks.
inline thread_local Frame* frame = nullptr;

// An answer to a callout, as long as the plugin is told of it.
struct Answer {
  Headers headers;
  std::string body;
  bool readable = false;
};

class Vm {
 public:
  // Null, and which callback said no in `refusal`, when the twin does not want to start.
  static std::unique_ptr<Vm> start(uint64_t plugin, const Settings& settings, Metrics& metrics,
                                   const std::string& image, std::string& refusal);
  Vm(const Vm&) = delete;
  ~Vm();

  // The plugin is done, and told so.
  void stop();

  // Calls the twin; `absent` when it has no such callback.
  template <typename... Arguments>
  uint32_t call(const Export& callback, Stream* stream, uint32_t id, uint32_t absent,
                Arguments... arguments);
  // Does what was asked for meanwhile.
  void attend();
  void ask(const Stream& stream, Asked what) { asked_.emplace_back(stream.id, what); }
  // Whether the last callback made a local reply.
  bool stopped() const { return stopped_; }

  // Bytes for the twin, which frees them itself.
  uint32_t give(std::string_view bytes, const char** data, size_t* size);
  char* allocate(size_t size);

  void tick();
  void set_timer(uint32_t period);
  void answered(uint32_t number, Answer answer, bool failed);

  static constexpr uint32_t kRoot = 1;
  uint32_t take_id() { return next_id_++; }
  uint32_t take_call() { return next_call_++; }
  // Null when there is none.
  Stream* find(uint32_t id) const {
    const auto at = streams.find(id);
    return at == streams.end() ? nullptr : at->second;
  }

  const Settings& settings;
  Metrics& metrics;
  MetricNumbers numbers;
  Exports exports;
  Answer answer;
  bool configuring = false;
  uint32_t status = 0;  // of the last callout that failed
  std::string status_message;
  std::unordered_map<uint32_t, Stream*> streams;

 private:
  Vm(uint64_t plugin, const Settings& settings, Metrics& metrics)
      : settings(settings), metrics(metrics), plugin_(plugin) {}
  std::string begin();

  std::unique_ptr<Library> library_;
  std::vector<std::pair<uint32_t, Asked>> asked_;
  uint32_t next_id_ = kRoot + 1, next_call_ = 1, period_ = 0;
  const uint64_t plugin_;
  bool stopped_ = false, joined_ = false, attending_ = false;
};

template <typename... Arguments>
uint32_t Vm::call(const Export& callback, Stream* stream, uint32_t id, uint32_t absent,
                  Arguments... arguments) {
  stopped_ = false;
  if (!callback) return absent;
  Frame mine{*this, stream, stream};
  Frame* const outer = std::exchange(frame, &mine);
  const bool traced = tracing();
  if (traced) say(kTrace, detail::line("[host->vm] ", callback.name, id, arguments...));
  using Function = uint32_t (*)(uint32_t, decltype(static_cast<size_t>(arguments))...);
  uint32_t result =
      reinterpret_cast<Function>(callback.address)(id, static_cast<size_t>(arguments)...);
  if (callback.gives == Gives::kBool) result &= 0xff;
  if (callback.gives == Gives::kNothing) result = 0;
  frame = outer;
  stopped_ = mine.stop;
  if (traced) {
    const bool nothing = callback.gives == Gives::kNothing;
    say(kTrace, std::string("[host<-vm] ")
                    .append(callback.name)
                    .append(" return: ")
                    .append(nothing ? "void" : std::to_string(result)));
  }
  return result;
}

}  // namespace shim
