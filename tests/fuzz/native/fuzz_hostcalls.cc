// Sequences of hostcalls with hostile arguments, in every callback of worlds made of choices. The
// guest is an interpreter of the input: no engine, so that thousands run in a second.
#include <map>
#include <memory>
#include <vector>

#include "choices.h"
#include "native/http.h"
#include "native/network_flow.h"
#include "native/plugin_flow.h"
#include "native/trampolines.h"
#include "worlds.h"

using namespace tamis;

class HostileGuest;
static void hostcall(HostileGuest& guest);

// Lives for one input. Its memory ends where the sanitizer looks.
class HostileGuest {
 public:
  using Address = uint32_t;

  explicit HostileGuest(fuzz::Choices& choices) : choices(choices) {
    for (const std::string_view text : kTexts) {
      known.emplace_back(static_cast<uint32_t>(at_), static_cast<uint32_t>(text.size()));
      std::memcpy(memory.data() + at_, text.data(), text.size());
      at_ += text.size();
    }
    // The headers of a callout, as pairs.
    HeaderMap headers;
    headers.append(":method", "GET");
    headers.append(":path", "/p");
    headers.append(":authority", "c");
    known.emplace_back(static_cast<uint32_t>(at_),
                       static_cast<uint32_t>(headers.serialized_size()));
    headers.serialize(memory.data() + at_);
  }

  char* at(Address address, size_t size) {
    return uint64_t{address} + size <= memory.size() ? memory.data() + address : nullptr;
  }
  Address allocate(size_t size) {
    if (choices.chance(16)) return static_cast<Address>(choices.next());
    return size <= memory.size() / 2 ? static_cast<Address>(memory.size() / 2) : 0;
  }
  bool has(Callback) const { return true; }
  template <size_t N>
  bool call(Callback callback, const std::array<uint32_t, N>&, uint32_t& result) {
    const std::string_view outer = running_;
    running_ = kCallbacks[static_cast<size_t>(callback)].name;
    if (++depth < 4)
      for (size_t n = choices.left() ? choices.below(4) : 0; n > 0 && !failed_; --n)
        hostcall(*this);
    --depth;
    running_ = outer;
    result = choices.left() ? static_cast<uint32_t>(choices.below(5)) : 1;
    if (choices.left() && choices.chance(50)) fail(TrapKind::kOther, "", "chosen");
    return !failed_;
  }
  std::string_view running() const { return running_; }
  bool failed() const { return failed_; }
  void fail(TrapKind, std::string_view, std::string) { failed_ = true; }

  fuzz::Choices& choices;
  void* host = nullptr;  // a HostileHost
  std::vector<char> memory = std::vector<char>(1 << 16);
  std::vector<std::pair<uint32_t, uint32_t>> known;  // where something is, and how long
  size_t depth = 0;

 private:
  static constexpr std::string_view kTexts[] = {"x-a",
                                                ":path",
                                                ":status",
                                                "200",
                                                "",
                                                "c",
                                                "vm",
                                                "k",
                                                std::string_view("source\0address", 14),
                                                "request",
                                                "declare_property",
                                                "set_envoy_filter_state",
                                                "\n\3\n\1c",
                                                "clear_route_cache",
                                                "\n\1k\x10\1\x18\1",
                                                "\n\014envoy.string\x12\1v",
                                                "1.2.3.4",
                                                "localhost"};
  size_t at_ = 64;
  bool failed_ = false;
  std::string_view running_;
};
static_assert(Guest<HostileGuest>);
using HostileHost = Host<HostileGuest>;

// -- hostcalls ---------------------------------------------------------------------------------

// The value of a parameter on its own.
static uint64_t number(fuzz::Choices& choices) {
  static constexpr uint64_t kHostile[] = {0xffff,     0x10000,    0xfffc,    0x7fffffff, 0x80000000,
                                          UINT32_MAX, 0xfffffff0, 1'000'000, UINT64_MAX};
  switch (choices.below(8)) {
    case 0:
      return choices.pick(kHostile);
    case 1:
      return choices.next();
    default:
      return choices.below(12);
  }
}

template <typename... A>
static void apply(HostileGuest& guest, Import import, auto (*function)(HostileHost&, A...)) {
  std::array<uint64_t, sizeof...(A)> values{};
  const std::string_view roles = kImportRoles[static_cast<size_t>(import)];
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = number(guest.choices);
    if (roles[i] == 'd' && i + 1 < values.size() && !guest.choices.chance(4))
      std::tie(values[i], values[i + 1]) = guest.choices.pick(guest.known), ++i;
  }
  size_t next = 0;
  try {
    // In braces: the parameters in order.
    std::tuple<HostileHost&, A...> all{*static_cast<HostileHost*>(guest.host),
                                       static_cast<A>(values[next++])...};
    std::apply(function, all);
  } catch (const std::exception& error) {  // as the trampolines do
    guest.fail(TrapKind::kOther, "", error.what());
  }
}

static void hostcall(HostileGuest& guest) {
  // Sometimes it writes what others read.
  if (guest.choices.chance(6)) {
    const auto& [address, size] = guest.choices.pick(guest.known);
    if (size > 0)
      guest.memory[address + guest.choices.below(size)] =
          static_cast<char>(guest.choices.below(256));
    return;
  }
  using Call = void (*)(HostileGuest&);
  static constexpr Call kCalls[] = {
#define TAMIS_CALL(name) \
  [](HostileGuest& g) { apply(g, Import::name, &hostcalls::name<HostileHost>); },
      TAMIS_HOSTCALLS(TAMIS_CALL)
#undef TAMIS_CALL
  };
  guest.choices.pick(kCalls)(guest);
}

// -- a run, as run.h does it -------------------------------------------------------------------

class HostileRun {
 public:
  HostileRun(const Script& script, fuzz::Choices& choices)
      : world_(script), guest_(choices), host_(guest_, world_) {
    guest_.host = &host_;
    host_.abi = static_cast<uint32_t>(choices.below(3));
  }

  void run() {
    uint32_t index = 0;
    for (const PluginInput& plugin : world_.script.beside)
      if (!start(plugin, index++)) return;
    if (!start(world_.script.plugin, index)) return;
    const auto& steps = world_.script.steps;
    for (size_t at = 0; at < steps.size();) {
      do {
        world_.overlapped = at + 1 < steps.size() && steps[at + 1].overlap;
        begin(at++);
      } while (world_.overlapped);
      world_.settle();
      for (const auto& exchange : exchanges_) exchange->cancel();
      world_.settle();
      CHECK(host_.streams.empty() && !world_.waiting());
    }
    if (world_.script.removal)
      for (const auto& flow : flows_) flow->remove();
  }

 private:
  using Flow = PluginFlow<HostileHost>;
  using Exchange = HttpExchange<HostileHost>;

  bool start(const PluginInput& input, uint32_t index) {
    PluginContext& plugin = host_.add_plugin(input, index);
    return flows_.emplace_back(std::make_unique<Flow>(host_, plugin))->start().empty();
  }

  void begin(size_t at) {
    const StepInput& step = world_.script.steps[at];
    world_.begin_step(static_cast<int32_t>(at));
    PluginContext& plugin = *host_.plugins.back();
    if (step.kind == StepInput::Kind::kTick) return world_.advance(step.nanoseconds);
    if (step.kind == StepInput::Kind::kConnection) {
      connections_.emplace_back(std::make_unique<NetworkFlow<HostileHost>>(host_));
      return connections_.back()->run(world_.script.connections[step.at], plugin);
    }
    exchanges_.emplace_back(std::make_unique<Exchange>(host_));
    exchanges_.back()->begin(world_.script.exchanges[step.at], plugin);
  }

  World world_;
  HostileGuest guest_;
  HostileHost host_;
  std::vector<std::unique_ptr<Flow>> flows_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<std::unique_ptr<NetworkFlow<HostileHost>>> connections_;
};

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Choices choices(data, size);
  const Script script = fuzz::script(choices);
  HostileRun(script, choices).run();
  return 0;
}
