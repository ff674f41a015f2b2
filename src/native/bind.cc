// tamis._core: the host core as Python sees it. Text travels as bytes; tamis.host makes values of
// it. The GIL is released while modules compile and guests run.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "replay.h"

namespace nb = nanobind;

namespace tamis {
namespace {

// Lives as long as its engines.
struct Library {
  explicit Library(const std::string& path) : api(wasmtime::load(path)) {}
  const wasmtime::Api api;
};

// Keeps its library alive.
struct LibraryEngine {
  LibraryEngine(std::shared_ptr<Library> library, bool fuel, size_t stack)
      : library(std::move(library)), engine(this->library->api, fuel, stack) {}
  std::shared_ptr<Library> library;
  Engine engine;
};

// Holds the engine's epoch clock running.
class Running {
 public:
  explicit Running(const Engine& engine) : ticker_(const_cast<Engine&>(engine).ticker) { ticker_.enter(); }
  Running(const Running&) = delete;
  ~Running() { ticker_.leave(); }

 private:
  Ticker& ticker_;
};

std::string_view view(const nb::bytes& bytes) { return {bytes.c_str(), bytes.size()}; }
nb::bytes to_bytes(std::string_view text) { return nb::bytes(text.data(), text.size()); }

// -- Python to values ------------------------------------------------------------------------

void fill(HeaderMap& map, const nb::list& pairs) {
  for (const nb::handle item : pairs) {
    const auto pair = nb::cast<nb::tuple>(item);
    std::string name(view(nb::cast<nb::bytes>(pair[0])));
    lower(name);
    map.append(name, view(nb::cast<nb::bytes>(pair[1])));
  }
}

void fill(Input& input, const nb::list& headers, const nb::list& chunks, const nb::object& trailers) {
  fill(input.headers, headers);
  for (const nb::handle chunk : chunks) input.chunks.emplace_back(view(nb::cast<nb::bytes>(chunk)));
  if (trailers.is_none()) return;
  input.has_trailers = true;
  fill(input.trailers, nb::cast<nb::list>(trailers));
}

void add_exchange(Script& script, const nb::list& headers, const nb::list& chunks, const nb::object& trailers,
                  const nb::list& answer_headers, const nb::list& answer_chunks, const nb::object& answer_trailers,
                  uint64_t after, bool reset) {
  ExchangeInput& exchange = script.exchanges.emplace_back();
  fill(exchange.request, headers, chunks, trailers);
  fill(exchange.answer, answer_headers, answer_chunks, answer_trailers);
  exchange.after = after;
  exchange.reset = reset;
}

void set_joined(Script& script, const nb::list& request, const nb::list& response) {
  const auto names = [](const nb::list& list) {
    std::vector<std::string> out;
    for (const nb::handle item : list) out.emplace_back(view(nb::cast<nb::bytes>(item)));
    return JoinedNames(std::move(out));
  };
  script.joined = {names(request), names(response)};
}

void add_pair(std::vector<std::pair<std::string, std::string>>& to, const nb::bytes& key, const nb::bytes& value) {
  to.emplace_back(view(key), view(value));
}

constexpr std::pair<std::string_view, Fault> kFaults[] = {
    {"drop-duplicate", Fault::kDropDuplicate},
    {"swap-headers", Fault::kSwapHeaders},
    {"lose-trailer", Fault::kLoseTrailer},
    {"wrong-end-of-stream", Fault::kWrongEndOfStream},
    {"lose-body-byte", Fault::kLoseBodyByte},
    {"skip-response-headers-after-local-reply", Fault::kSkipResponseHeadersAfterLocalReply},
};

void set_fault(Script& script, const std::string& name) {
  for (const auto& [known, fault] : kFaults) {
    if (known == name) {
      script.fault = fault;
      return;
    }
  }
  throw nb::value_error("no such fault");
}

// -- values to Python ------------------------------------------------------------------------

nb::list to_list(const HeaderMap& map) {
  nb::list out;
  for (size_t i = 0; i < map.size(); ++i) out.append(nb::make_tuple(to_bytes(map.name(i)), to_bytes(map.value(i))));
  return out;
}

// (headers, body, trailers, complete), or None when it never left the filter.
nb::object to_message(const Side& side) {
  if (!side.headers_sent) return nb::none();
  const HeaderMap none;
  const bool trailers = side.has_trailers && side.complete;
  return nb::make_tuple(to_list(side.headers), to_bytes(side.sent), to_list(trailers ? side.trailers : none),
                        side.complete);
}

const char* to_text(Reset reset) {
  constexpr const char* kNames[] = {"", "upstream", "downstream", "filter"};
  return kNames[static_cast<size_t>(reset)];
}

const char* to_text(TrapKind kind) {
  constexpr const char* kNames[] = {"", "unreachable", "oob", "stack", "oom", "deadline", "other"};
  return kNames[static_cast<size_t>(kind)];
}

nb::dict to_dict(const Stream& stream) {
  nb::dict out;
  out["request"] = to_message(stream.request());
  out["response"] = to_message(stream.response());
  out["local_reply"] = nb::none();
  if (stream.reply.sent) out["local_reply"] = nb::make_tuple(stream.reply.status, to_bytes(stream.reply.details));
  out["reset"] = to_text(stream.reset);
  nb::list pauses;
  for (const auto& [callback, status] : stream.pauses)
    pauses.append(nb::make_tuple(std::string(kCallbacks[static_cast<size_t>(callback)].name), status));
  out["pauses"] = pauses;
  nb::list state;
  for (const auto& [key, value] : stream.filter_state) state.append(nb::make_tuple(to_bytes(key), to_bytes(value)));
  out["filter_state"] = state;
  return out;
}

void put_count(nb::dict& out, std::string_view name, uint64_t count) {
  if (count != 0) out[nb::str(name.data(), name.size())] = count;
}

nb::dict to_dict(const Counts& counts, std::optional<uint64_t> fuel) {
  nb::dict calls, unimplemented, out;
  for (size_t i = 0; i < kEntries.size(); ++i) put_count(calls, kEntries[i], counts.entries[i]);
  for (size_t i = 0; i < kCallbacks.size(); ++i) put_count(calls, kCallbacks[i].name, counts.callbacks[i]);
  for (size_t i = 0; i < kImports.size(); ++i) {
    put_count(calls, kImports[i].name, counts.imports[i]);
    if (counts.unimplemented[i]) put_count(unimplemented, kImports[i].name, counts.imports[i]);
  }
  out["calls"] = calls;
  out["unimplemented"] = unimplemented;
  out["bytes_in"] = counts.bytes_in;
  out["bytes_out"] = counts.bytes_out;
  out["allocations"] = counts.allocations;
  out["memory_high_water"] = counts.memory_high_water;
  out["fuel"] = fuel;
  return out;
}

void put_vm(nb::dict& out, const Vm& vm, const std::string& refused) {
  out["refused"] = refused;
  out["trap"] = nb::none();
  if (const Failure& failure = vm.failure(); failure.kind != TrapKind::kNone)
    out["trap"] = nb::make_tuple(to_text(failure.kind), std::string(failure.callback), to_bytes(failure.text));
  out["counts"] = to_dict(vm.host.counts, vm.fuel());
  out["virtual_time"] = vm.host.clock.passed;
}

nb::list to_list(const Log& log) {
  nb::list out;
  for (const Log::Line& line : log.lines())
    out.append(nb::make_tuple(line.level, to_bytes(log.text(line)), line.exchange));
  return out;
}

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

void refuse_last(Script& script, int32_t status, const nb::bytes& details, const nb::bytes& body) {
  ExchangeInput& exchange = script.exchanges.back();
  exchange.refused = status;
  exchange.refused_details = view(details);
  exchange.refused_body = view(body);
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
    for (const Log::Line& line : vm.host.log.lines()) whole.add(line.level, vm.host.log.text(line), SIZE_MAX);
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
  using namespace tamis;
  m.doc() = "The proxy-wasm host core; use it through tamis.host.";
  nb::class_<Library>(m, "Library").def(nb::init<const std::string&>(), nb::arg("path"));
  nb::class_<LibraryEngine>(m, "Engine")
      .def(nb::init<std::shared_ptr<Library>, bool, size_t>(), nb::arg("library"), nb::arg("fuel"), nb::arg("stack"));
  nb::class_<Module>(m, "Module")
      .def("serialize", [](const Module& module) { return to_bytes(module.serialize()); })
      .def_prop_ro("refusal", &refusal)
      .def_prop_ro("abi", [](const Module& module) { return std::string(kAbiVersions[module.facts.abi]); });
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
      .def("set_configuration", [](Script& s, const nb::bytes& bytes) { s.plugin_configuration = view(bytes); })
      .def("set_vm_configuration", [](Script& s, const nb::bytes& bytes) { s.vm_configuration = view(bytes); })
      .def("set_fault", &set_fault)
      .def("set_joined", &set_joined, nb::arg("request"), nb::arg("response"))
      .def("add_property", [](Script& s, const nb::bytes& k, const nb::bytes& v) { add_pair(s.properties, k, v); })
      .def("add_environment", [](Script& s, const nb::bytes& k, const nb::bytes& v) { add_pair(s.environment, k, v); })
      .def("refuse_last", &refuse_last, nb::arg("status"), nb::arg("details"), nb::arg("body"))
      .def("add_exchange", &add_exchange, nb::arg("headers"), nb::arg("chunks"), nb::arg("trailers").none(),
           nb::arg("answer_headers"), nb::arg("answer_chunks"), nb::arg("answer_trailers").none(), nb::arg("after"),
           nb::arg("reset"));
  m.def("load", &load, nb::arg("engine"), nb::arg("wasm"), nb::arg("compiled"), nb::arg("envoy_minor"));
  m.def("enter", &enter, nb::arg("module"), nb::arg("script"));
  m.def("run", &run, nb::arg("module"), nb::arg("script"));
  m.def("replay", &run_replay, nb::arg("module"), nb::arg("script"), nb::arg("passes"));
}
