// Foreign functions written in Python (tamis.host.foreign): the GIL is taken for them alone.
#pragma once

#include <nanobind/nanobind.h>

#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "foreign.h"
#include "limits.h"

namespace tamis {

// Who calls, as Python sees it; of no use once the call is over.
class PythonCaller {
 public:
  explicit PythonCaller(ForeignCaller& caller) : caller_(&caller) {}

  // (status, bytes) of proxy_get_property.
  nanobind::tuple read(const nanobind::bytes& path) {
    std::string value;
    const Status status = get().property({path.c_str(), path.size()}, value);
    return nanobind::make_tuple(static_cast<uint32_t>(status),
                                nanobind::bytes(value.data(), value.size()));
  }
  bool textual(const nanobind::bytes& name) { return get().textual({name.c_str(), name.size()}); }

  // A dict that lives with the calling plugin.
  nanobind::dict state() {
    std::shared_ptr<void>& state = get().state();
    if (state == nullptr)
      state = std::shared_ptr<void>(new nanobind::dict(), [](void* dict) {
        const nanobind::gil_scoped_acquire acquire;
        delete static_cast<nanobind::dict*>(dict);
      });
    return *static_cast<nanobind::dict*>(state.get());
  }
  void end() { caller_ = nullptr; }

 private:
  ForeignCaller& get() {
    if (caller_ == nullptr) throw nanobind::value_error("the foreign call is over");
    return *caller_;
  }
  ForeignCaller* caller_;
};

// A dict that may be let go without the GIL.
struct __attribute__((visibility("hidden"))) HeldDict {
  explicit HeldDict(const nanobind::dict& value) : value(value) {}
  HeldDict(const HeldDict&) = delete;
  ~HeldDict() {
    const nanobind::gil_scoped_acquire acquire;
    value.reset();
  }
  nanobind::dict value;
};

// Over a mapping of name to `function(arguments, caller) -> (status, result or None)`. An exception
// of a function is kept: it ends the run, and is raised again where the run was asked for.
class __attribute__((visibility("hidden"))) PythonForeign final : public Foreign {
 public:
  explicit PythonForeign(const nanobind::dict& functions) : functions_(functions) {
    for (const auto& [name, function] : functions) names_.insert(nanobind::cast<std::string>(name));
  }
  PythonForeign(const PythonForeign&) = delete;
  ~PythonForeign() override {
    const nanobind::gil_scoped_acquire acquire;
    functions_.reset();
    failure_ = nullptr;
  }

  bool knows(std::string_view name) override { return names_.contains(name); }

  Status call(std::string_view name, std::string_view arguments, ForeignCaller& caller,
              std::optional<std::string>& result) override {
    const nanobind::gil_scoped_acquire acquire;
    try {
      return ask(name, arguments, caller, result);
    } catch (const nanobind::python_error& error) {
      if (error.matches(PyExc_MemoryError)) throw OutputLimit("a foreign function's result", kMost);
      if (failure_ == nullptr) failure_ = std::current_exception();
    } catch (...) {
      if (failure_ == nullptr) failure_ = std::current_exception();
    }
    throw std::runtime_error("a foreign function failed");
  }

  // Needs the GIL.
  void settle() const override {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
  }

 private:
  // What tamis.host.foreign stops at.
  static constexpr size_t kMost = size_t{256} << 20;

  Status ask(std::string_view name, std::string_view arguments, ForeignCaller& caller,
             std::optional<std::string>& result) {
    namespace nb = nanobind;
    const nb::object function = functions_[nb::str(name.data(), name.size())];
    const nb::object handle = nb::cast(PythonCaller(caller));
    struct End {
      PythonCaller& caller;
      ~End() { caller.end(); }
    } const end{nb::cast<PythonCaller&>(handle)};
    const auto answer =
        nb::cast<nb::tuple>(function(nb::bytes(arguments.data(), arguments.size()), handle));
    if (!answer[1].is_none()) {
      const auto bytes = nb::cast<nb::bytes>(answer[1]);
      result.emplace(bytes.c_str(), bytes.size());
    }
    return static_cast<Status>(nb::cast<uint32_t>(answer[0]));
  }

  nanobind::dict functions_;
  std::set<std::string, std::less<>> names_;
  std::exception_ptr failure_;
};

}  // namespace tamis
