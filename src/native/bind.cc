// tamis._core: the host core as Python sees it. Text travels as bytes; tamis.host makes values of
// it. The GIL is released while modules compile and guests run.

#include <nanobind/stl/shared_ptr.h>

#include <mutex>

#include "bind_deflate.h"
#include "bind_load.h"
#include "convert_run.h"
#include "convert_script.h"
#include "python_foreign.h"
#include "replay.h"
#ifdef TAMIS_TWINS
#include "twin_faults.h"
#include "twin_imports.h"
#include "twin_instance.h"
#endif

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
                             const std::string& compiled, unsigned minor,
                             const std::vector<std::string>& capabilities) {
  const std::shared_ptr<const Engine> inner(engine, &engine->engine);
  const auto wasm_view = view(wasm);
  const nb::gil_scoped_release release;
  return load_module(inner, wasm_view, compiled, minor, Capabilities(capabilities));
}

// (where, text) of what broke while loading, or None.
nb::object enter(const std::shared_ptr<Module>& module, const Script& script) {
  if (module->refusal) throw nb::value_error("the module was refused");
  const Running running(*module->engine);
  World world(script);
  Vm vm(module, world, script.plugin);
  std::string where;
  {
    const nb::gil_scoped_release release;
    where = vm.load();
  }
  if (where.empty()) return nb::none();
  return nb::make_tuple(where, to_bytes(vm.failure().text));
}

// All that a script's steps put out.
template <typename Instance>
nb::dict run_steps(RunOf<Instance>& run) {
  const Script& script = run.world.script;
  std::string refused;
  {
    const nb::gil_scoped_release release;
    refused = run.start();
  }
  nb::dict out;
  nb::list exchanges, connections;
  uint64_t hash = 0;
  for (size_t at = 0; refused.empty() && at < script.steps.size();) {
    const size_t lines = run.world.log.lines().size();
    {
      const nb::gil_scoped_release release;
      at = run.step(at);
    }
    for (const auto* exchange : run.streams()) {
      exchanges.append(to_dict(exchange->stream()));
      hash += detail::hash_of(exchange->stream(), run.world.log, lines);
    }
    for (const auto* connection : run.connections()) {
      connections.append(to_dict(*connection));
      hash += detail::hash_of(*connection, run.world.log, lines);
    }
  }
  if (refused.empty() && script.removal) {
    const nb::gil_scoped_release release;
    run.remove();
  }
  out["exchanges"] = exchanges;
  out["connections"] = connections;
  out["logs"] = to_list(run.world.log);
  out["hash"] = hash;
  put_run(out, run, refused);
  return out;
}

nb::dict run(const std::shared_ptr<Module>& module, const Script& script) {
  if (module->refusal) throw nb::value_error("the module was refused");
  const Running running(*module->engine);
  Run run(module, script);
  return run_steps(run);
}

// Tells replays on other threads to end.
struct Stop {
  std::atomic<bool> wanted = false;
};

template <typename Instance>
nb::dict replay_steps(RunOf<Instance>& run, uint64_t passes, const Stop& stop) {
  ReplayResult result;
  {
    const nb::gil_scoped_release release;
    result = replay(run, passes, stop.wanted);
  }
  if (run.world.foreign != nullptr) run.world.foreign->settle();
  nb::dict out;
  out["exchanges"] = result.exchanges;
  out["seconds"] = result.seconds;
  out["hash"] = result.hash;
  out["unanswered"] = result.unanswered;
  out["refused"] = result.refused;
  out["trap"] = to_trap(run.failure());
  out["counts"] = to_dict(result.counts, result.fuel);
  return out;
}

nb::dict run_replay(const std::shared_ptr<Module>& module, const Script& script, uint64_t passes,
                    const Stop& stop) {
  if (module->refusal) throw nb::value_error("the module was refused");
  const Running running(*module->engine);
  Run run(module, script);
  return replay_steps(run, passes, stop);
}

#ifdef TAMIS_TWINS
// Both need a process that may end: nothing holds native code but its own manners.
nb::dict run_twin(const std::shared_ptr<TwinLibrary>& library, const Script& script) {
  const TwinFaults faults;
  RunOf<TwinInstance> run(library, script);
  return run_steps(run);
}

nb::dict replay_twin(const std::shared_ptr<TwinLibrary>& library, const Script& script,
                     uint64_t passes, const Stop& stop) {
  const TwinFaults faults;
  RunOf<TwinInstance> run(library, script);
  return replay_steps(run, passes, stop);
}
#endif

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
  nb::class_<PythonCaller>(m, "ForeignCaller")
      .def("read", &PythonCaller::read, nb::arg("path"))
      .def("textual", &PythonCaller::textual, nb::arg("name"))
      .def_prop_ro("state", &PythonCaller::state);
  nb::class_<Limits>(m, "Limits")
      .def(nb::init<>())
      .def_rw("memory", &Limits::memory)
      .def_rw("stack", &Limits::stack)
      .def_rw("table_elements", &Limits::table_elements)
      .def_rw("deadline_ms", &Limits::deadline_ms)
      .def_rw("fuel", &Limits::fuel)
      .def_rw("log_bytes", &Limits::log_bytes)
      .def_rw("body_bytes", &Limits::body_bytes)
      .def_rw("buffer_bytes", &Limits::buffer_bytes);
  nb::class_<Script>(m, "Script")
      .def(nb::init<>())
      .def_rw("limits", &Script::limits)
      .def_rw("now", &Script::now)
      .def_rw("seed", &Script::seed)
      .def_rw("envoy_minor", &Script::envoy_minor)
      .def_rw("protocol", &Script::protocol)
      .def_rw("trace", &Script::trace)
      .def_rw("removal", &Script::removal)
      .def("set_plugin", [](Script& s, const nb::dict& plugin) { s.plugin = to_plugin(plugin); })
      .def("add_beside",
           [](Script& s, const nb::dict& plugin) { s.beside.push_back(to_plugin(plugin)); })
      .def("set_fault", &set_fault)
      .def("set_joined", &set_joined, nb::arg("request"), nb::arg("response"))
      .def("set_properties", [](Script& s, const nb::list& all) { s.properties = to_texts(all); })
      .def("set_shared_data", [](Script& s, const nb::list& all) { s.shared_data = to_texts(all); })
      .def("set_foreign",
           [](Script& s, const nb::dict& functions) {
             const auto shared = std::make_shared<HeldDict>(functions);
             s.foreign = [shared]() -> std::unique_ptr<Foreign> {
               const nb::gil_scoped_acquire acquire;
               return std::make_unique<PythonForeign>(shared->value);
             };
           })
      .def("add_callout", &add_callout)
      .def("add_exchange", &add_exchange)
      .def("add_tick", &add_tick, nb::arg("nanoseconds"), nb::arg("overlap"))
      .def("add_connection", &add_connection, nb::arg("events"))
      .def("refuse_last", &refuse_last, nb::arg("status"), nb::arg("details"), nb::arg("body"));
  nb::class_<Stop>(m, "Stop").def(nb::init<>()).def("set", [](Stop& stop) { stop.wanted = true; });
  m.def("load", &load, nb::arg("engine"), nb::arg("wasm"), nb::arg("compiled"),
        nb::arg("envoy_minor"), nb::arg("capabilities"));
  m.def("enter", &enter, nb::arg("module"), nb::arg("script"));
  m.def("run", &run, nb::arg("module"), nb::arg("script"));
  m.def("replay", &run_replay, nb::arg("module"), nb::arg("script"), nb::arg("passes"),
        nb::arg("stop"));
  bind_deflate(m);
  bind_load(m);
#ifdef TAMIS_TWINS
  nb::class_<TwinLibrary>(m, "TwinLibrary")
      .def(
          "__init__",
          [](TwinLibrary* self, const std::string& path) {
            offer_imports();
            new (self) TwinLibrary(path);
          },
          nb::arg("path"));
  m.def("run_twin", &run_twin, nb::arg("library"), nb::arg("script"));
  m.def("replay_twin", &replay_twin, nb::arg("library"), nb::arg("script"), nb::arg("passes"),
        nb::arg("stop"));
#endif
}
