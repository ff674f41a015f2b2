// The load client as Python sees it. It waits without the GIL, but looks for Ctrl-C while it does.
#pragma once

#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "convert.h"
#ifdef __linux__
#include <mutex>

#include "load.h"
#endif

namespace tamis {

#ifdef __linux__

// Python's threads may meet at one client: they are refused, not mixed up.
class PythonLoad {
 public:
  PythonLoad(uint16_t port, const std::vector<nb::bytes>& requests, size_t connections,
             double timeout)
      : load_(port, texts(requests), connections, timeout, &check_signals) {}

  template <typename Action>
  auto work(const Action& action) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) throw std::runtime_error("a load client does one thing at a time");
    const nb::gil_scoped_release release;
    return action(load_);
  }
  // Whoever else works with it.
  void stop() { load_.stop(); }

 private:
  static std::vector<std::string> texts(const std::vector<nb::bytes>& all) {
    std::vector<std::string> out;
    for (const nb::bytes& each : all) out.emplace_back(view(each));
    return out;
  }
  static void check_signals() {
    const nb::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  }

  std::mutex mutex_;
  Load load_;
};

inline nb::dict to_dict(const Load::Statuses& statuses) {
  nb::dict out;
  for (size_t status = 0; status < statuses.size(); ++status)
    if (statuses[status] != 0) out[nb::int_(status)] = statuses[status];
  return out;
}

template <typename Value>
nb::bytes to_bytes(const std::vector<Value>& values) {
  return nb::bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
}

inline std::vector<int64_t> latencies(const std::vector<LoadRecord>& records) {
  std::vector<int64_t> out;
  for (const LoadRecord& record : records)
    if (record.failure == LoadFailure::kNone) out.push_back(record.ended - record.due);
  return out;
}

inline void bind_load(nb::module_& m) {
  nb::class_<Load::Asked>(m, "Asked")
      .def_ro("status", &Load::Asked::status)
      .def_ro("closed", &Load::Asked::closed)
      .def_ro("body", &Load::Asked::body)
      .def_ro("head", &Load::Asked::head)
      .def_ro("whole", &Load::Asked::whole);
  nb::class_<Load::Tally>(m, "Tally")
      .def_ro("answered", &Load::Tally::answered)
      .def_ro("failed", &Load::Tally::failed)
      .def_prop_ro("statuses", [](const Load::Tally& tally) { return to_dict(tally.statuses); });
  nb::class_<Load::Steady>(m, "Steady")
      .def_prop_ro("latencies_ns",
                   [](const Load::Steady& steady) { return to_bytes(latencies(steady.records)); })
      .def_prop_ro("records", [](const Load::Steady& steady) { return to_bytes(steady.records); })
      .def_ro("failed", &Load::Steady::failed)
      .def_prop_ro("statuses", [](const Load::Steady& steady) { return to_dict(steady.statuses); });
  const auto end = [](PythonLoad& load) { load.work([](Load& it) { it.close(); }); };
  nb::class_<PythonLoad>(m, "Load")
      .def(nb::init<uint16_t, const std::vector<nb::bytes>&, size_t, double>(), nb::arg("port"),
           nb::arg("requests"), nb::arg("connections"), nb::arg("timeout"))
      .def(
          "ask",
          [](PythonLoad& load, size_t index) {
            return load.work([&](Load& it) { return it.ask(index); });
          },
          nb::arg("index"))
      .def(
          "slice",
          [](PythonLoad& load, uint64_t count) {
            return load.work([&](Load& it) { return it.slice(count); });
          },
          nb::arg("count"))
      .def(
          "steady",
          [](PythonLoad& load, double rate, uint64_t count) {
            return load.work([&](Load& it) { return it.steady(rate, count); });
          },
          nb::arg("rate"), nb::arg("count"))
      .def("stop", &PythonLoad::stop)
      .def("close", end)
      .def("__enter__", [](nb::object self) { return self; })
      .def("__exit__", [end](PythonLoad& load, const nb::args&) { end(load); });
}

#else

inline void bind_load(nb::module_& m) {
  m.def("Load", [](const nb::args&, const nb::kwargs&) {
    throw std::runtime_error("the load client runs on Linux alone");
  });
}

#endif

}  // namespace tamis
