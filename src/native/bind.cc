// tamis._core: the host core as Python sees it. Text travels as bytes; tamis.host makes values of
// it. The GIL is released while modules compile and guests run.

#include <nanobind/stl/shared_ptr.h>

#include <mutex>

#include "convert.h"
#include "replay.h"

namespace nb = nanobind;

namespace tamis {
namespace {

// Lives as long as its engines.
struct Library {
  explicit Library(const std::string& path) : api(wasmtime::load(path)) {}
  const wasmtime::Api api;
};

// The engine's signal handlers as they were when the process made its first engine: later ones find
// whatever is installed by then.
const SignalHandlers& first_handlers(const Engine& engine) {
  static const SignalHandlers handlers = engine.handlers;
  return handlers;
}

// Keeps its library alive.
struct LibraryEngine {
  LibraryEngine(std::shared_ptr<Library> library, bool fuel, size_t stack)
      : library(std::move(library)), engine(this->library->api, fuel, stack) {
    first_handlers(engine);
  }
  std::shared_ptr<Library> library;
  Engine engine;
};

// Signal handlers belong to the process, hence this one: the first guest to run puts the engine's
// in force, the last to end gives them back.
struct HandlersInForce {
  static HandlersInForce& of_process() {
    static HandlersInForce instance;
    return instance;
  }
  void enter(const SignalHandlers& wanted) {
    const std::scoped_lock lock(mutex);
    if (users++ == 0) scope.emplace(wanted);
  }
  void leave() {
    const std::scoped_lock lock(mutex);
    if (--users == 0) scope.reset();
  }
  std::mutex mutex;
  size_t users = 0;
  std::optional<ScopedHandlers> scope;
};

// While it lives, the engine's epoch clock runs and its signal handlers are in force.
class Running {
 public:
  explicit Running(const Engine& engine) : ticker_(const_cast<Engine&>(engine).ticker) {
    ticker_.enter();
    HandlersInForce::of_process().enter(first_handlers(engine));
  }
  Running(const Running&) = delete;
  ~Running() {
    HandlersInForce::of_process().leave();
    ticker_.leave();
  }

 private:
  Ticker& ticker_;
};

// -- the verbs -------------------------------------------------------------------------------

std::shared_ptr<Module> load(const std::shared_ptr<LibraryEngine>& engine, const nb::bytes& wasm,
                             const nb::bytes& compiled, unsigned minor) {
  const std::shared_ptr<const Engine> inner(engine, &engine->engine);
  const auto wasm_view = view(wasm), compiled_view = view(compiled);
  const nb::gil_scoped_release release;
  return load_module(inner, wasm_view, compiled_view, minor);
}

// (where, text) of what broke while loading, or None.
nb::object enter(const std::shared_ptr<Module>& module, const Script& script) {
  if (module->refusal) throw nb::value_error("the module was refused");
  const Running running(*module->engine);
  Vm vm(module, script);
  std::string where;
  {
    const nb::gil_scoped_release release;
    where = vm.load();
  }
  if (where.empty()) return nb::none();
  return nb::make_tuple(where, to_bytes(vm.failure().text));
}

nb::dict run(const std::shared_ptr<Module>& module, const Script& script) {
  if (module->refusal) throw nb::value_error("the module was refused");
  const Running running(*module->engine);
  Vm vm(module, script);
  std::string refused;
  {
    const nb::gil_scoped_release release;
    refused = vm.start();
  }
  nb::dict out;
  nb::list exchanges;
  uint64_t hash = 0;
  Log whole;
  const auto keep = [&](int32_t exchange) {
    whole.exchange = exchange;
    for (const Log::Line& line : vm.host.log.lines())
      whole.add(line.level, vm.host.log.text(line), SIZE_MAX);
    vm.host.log.clear();
  };
  keep(-1);
  for (size_t i = 0; refused.empty() && i < script.exchanges.size(); ++i) {
    {
      const nb::gil_scoped_release release;
      vm.run(script.exchanges[i]);
    }
    hash += detail::hash_of(vm.host.stream, vm.host.log);
    keep(static_cast<int32_t>(i));
    exchanges.append(to_dict(vm.host.stream));
  }
  out["exchanges"] = exchanges;
  out["logs"] = to_list(whole);
  out["hash"] = hash;
  put_vm(out, vm, refused);
  return out;
}

nb::dict run_replay(const std::shared_ptr<Module>& module, const Script& script, uint64_t passes) {
  if (module->refusal) throw nb::value_error("the module was refused");
  const Running running(*module->engine);
  Vm vm(module, script);
  ReplayResult result;
  {
    const nb::gil_scoped_release release;
    result = replay(vm, script, passes);
  }
  nb::dict out;
  out["exchanges"] = result.exchanges;
  out["seconds"] = result.seconds;
  out["hash"] = result.hash;
  put_vm(out, vm, result.refused);
  return out;
}

nb::object refusal(const Module& module) {
  if (!module.refusal) return nb::none();
  return nb::make_tuple(module.refusal->reason, module.refusal->feature);
}

}  // namespace
}  // namespace tamis

NB_MODULE(_core, m) {
  // Engines and compiled modules are cached until the process ends, where Python frees in no
  // certain order: what nanobind then calls leaks are those caches.
  nb::set_leak_warnings(false);
  using namespace tamis;
  m.doc() = "The proxy-wasm host core; use it through tamis.host.";
  nb::class_<Library>(m, "Library").def(nb::init<const std::string&>(), nb::arg("path"));
  nb::class_<LibraryEngine>(m, "Engine")
      .def(nb::init<std::shared_ptr<Library>, bool, size_t>(), nb::arg("library"), nb::arg("fuel"),
           nb::arg("stack"));
  nb::class_<Module>(m, "Module")
      .def("serialize", [](const Module& module) { return to_bytes(module.serialize()); })
      .def_prop_ro("refusal", &refusal)
      .def_prop_ro(
          "abi", [](const Module& module) { return std::string(kAbiVersions[module.facts.abi]); });
  nb::class_<Limits>(m, "Limits")
      .def(nb::init<>())
      .def_rw("memory", &Limits::memory)
      .def_rw("stack", &Limits::stack)
      .def_rw("table_elements", &Limits::table_elements)
      .def_rw("deadline_ms", &Limits::deadline_ms)
      .def_rw("log_bytes", &Limits::log_bytes)
      .def_rw("body_bytes", &Limits::body_bytes)
      .def_rw("buffer_bytes", &Limits::buffer_bytes);
  nb::class_<Script>(m, "Script")
      .def(nb::init<>())
      .def_rw("limits", &Script::limits)
      .def_rw("now", &Script::now)
      .def_rw("seed", &Script::seed)
      .def_rw("plugin_name", &Script::plugin_name)
      .def_rw("root_id", &Script::root_id)
      .def_rw("vm_id", &Script::vm_id)
      .def_rw("protocol", &Script::protocol)
      .def_rw("allow_on_headers_stop_iteration", &Script::allow_on_headers_stop_iteration)
      .def("set_configuration",
           [](Script& s, const nb::bytes& bytes) { s.plugin_configuration = view(bytes); })
      .def("set_vm_configuration",
           [](Script& s, const nb::bytes& bytes) { s.vm_configuration = view(bytes); })
      .def("set_fault", &set_fault)
      .def("set_joined", &set_joined, nb::arg("request"), nb::arg("response"))
      .def("add_property",
           [](Script& s, const nb::bytes& k, const nb::bytes& v) { add_pair(s.properties, k, v); })
      .def("add_environment",
           [](Script& s, const nb::bytes& k, const nb::bytes& v) { add_pair(s.environment, k, v); })
      .def("refuse_last", &refuse_last, nb::arg("status"), nb::arg("details"), nb::arg("body"))
      .def("add_exchange", &add_exchange, nb::arg("headers"), nb::arg("chunks"),
           nb::arg("trailers").none(), nb::arg("answer_headers"), nb::arg("answer_chunks"),
           nb::arg("answer_trailers").none(), nb::arg("after"), nb::arg("reset"));
  m.def("load", &load, nb::arg("engine"), nb::arg("wasm"), nb::arg("compiled"),
        nb::arg("envoy_minor"));
  m.def("enter", &enter, nb::arg("module"), nb::arg("script"));
  m.def("run", &run, nb::arg("module"), nb::arg("script"));
  m.def("replay", &run_replay, nb::arg("module"), nb::arg("script"), nb::arg("passes"));
}
