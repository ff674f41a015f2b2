// Foreign functions: those that touch streams and plugins are here, the world's registry has
// others.
#pragma once

#include "../envoy_filter_state.h"
#include "../foreign.h"
#include "../host.h"
#include "../properties.h"
#include "../protobuf.h"

namespace tamis::hostcalls {

namespace detail {

// While it lives, the calling context is the effective one.
template <typename H>
class AsCaller {
 public:
  explicit AsCaller(H& host) : host_(host), effective_(host.effective) { host.touch(host.current); }
  AsCaller(const AsCaller&) = delete;
  ~AsCaller() { host_.touch(effective_); }

 private:
  H& host_;
  const uint32_t effective_;
};

template <typename H>
class Caller final : public ForeignCaller {
 public:
  explicit Caller(H& host) : host_(host) {}
  Status property(std::string_view path, std::string& value) override {
    std::string_view found;
    const Status status = find_property(host_, path, found);
    if (status == kOk) value.assign(found);
    return status;
  }
  bool textual(std::string_view name) override {
    return host_.plugin().declared.of(name).type == DeclaredProperties::Type::kString;
  }
  std::shared_ptr<void>& state() override { return host_.plugin().foreign; }

 private:
  H& host_;
};

// string path = 1; string value = 2; LifeSpan span = 3.
template <typename H>
Status set_envoy_filter_state(H& host, std::string_view arguments) {
  std::string_view path, value;
  ProtobufReader reader(arguments);
  while (reader.next()) {
    if (reader.wire != ProtobufReader::Wire::kBytes || reader.field > 2) continue;
    if (!is_utf8(reader.bytes)) return kBadArgument;
    (reader.field == 1 ? path : value) = reader.bytes;
  }
  if (reader.broken()) return kBadArgument;
  const EnvoyObject object = make_envoy_object(path, value);
  if (object.verdict == EnvoyObject::Verdict::kUnknown) return kNotFound;
  if (object.verdict == EnvoyObject::Verdict::kRefused) return kBadArgument;
  if (!host.in_stream()) return kNotFound;
  if (!object.text) return kOk;
  auto& state = host.active().filter_state;
  size_t total = path.size() + object.text->size();
  for (auto& [known, old] : state) {
    if (known == path) {
      old = *object.text;
      return kOk;
    }
    total += known.size() + old.size();
  }
  if (total > kMaxMapBytes) throw OutputLimit("filter state", kMaxMapBytes);
  state.emplace_back(path, *object.text);
  return kOk;
}

// string name = 1; bool readonly = 2; WasmType type = 3; bytes schema = 4; LifeSpan span = 5. A
// stream's own declarations are never looked at, but it cannot declare the same twice either.
template <typename H>
Status declare_property(H& host, std::string_view arguments) {
  using Type = DeclaredProperties::Type;
  using Wire = ProtobufReader::Wire;
  std::string_view name;
  DeclaredProperties::Property property;
  ProtobufReader reader(arguments);
  while (reader.next()) {
    if (reader.field == 1 && reader.wire == Wire::kBytes) {
      if (!is_utf8(reader.bytes)) return kBadArgument;
      name = reader.bytes;
    } else if (reader.field == 2 && reader.wire == Wire::kVarint) {
      property.read_only = reader.number != 0;
    } else if (reader.field == 3 && reader.wire == Wire::kVarint) {
      const bool known = reader.number <= static_cast<uint64_t>(Type::kProtobuf);
      property.type = known ? static_cast<Type>(reader.number) : Type::kBytes;
    }
  }
  if (reader.broken()) return kBadArgument;
  const AsCaller<H> as_caller(host);
  auto& declared = host.in_stream() ? host.active().declared : host.plugin().declared;
  return declared.add(name, property) ? kOk : kBadArgument;
}

// False: there is no such function.
template <typename H>
bool call_foreign(H& host, std::string_view name, std::string_view arguments, Status& status,
                  std::optional<std::string>& result) {
  if (name == "set_envoy_filter_state") {
    status = set_envoy_filter_state(host, arguments);
  } else if (name == "declare_property") {
    status = declare_property(host, arguments);
  } else if (name == "clear_route_cache") {
    status = kOk;  // routes are not modelled: there is nothing to clear
  } else if (Foreign* others = host.world.foreign.get(); others != nullptr && others->knows(name)) {
    const AsCaller<H> as_caller(host);
    Caller<H> caller(host);
    status = others->call(name, arguments, caller, result);
  } else {
    return false;
  }
  return true;
}

}  // namespace detail

// The guest may ask for the result, its size, or neither. An unknown name writes nothing; a failure
// writes 0 twice; an empty result is allocated like any other.
template <typename H>
uint32_t proxy_call_foreign_function(H& host, Address<H> name, Address<H> name_size,
                                     Address<H> arguments, Address<H> arguments_size,
                                     Address<H> result_out, Address<H> size_out) {
  const std::string_view function = host.read(name, name_size);
  const std::string_view bytes = host.read(arguments, arguments_size);
  if (function.data() == nullptr || bytes.data() == nullptr) return kInvalidMemoryAccess;
  Status status = kOk;
  std::optional<std::string> result;
  if (!detail::call_foreign(host, function, bytes, status, result)) return kNotFound;
  Address<H> address = 0;
  size_t size = 0;
  if (status == kOk && result) {
    size = result->size();
    if (result_out != 0) {
      char* room = host.allocate(size, address);
      if (room == nullptr && size != 0) return kInvalidMemoryAccess;
      if (size != 0) std::memcpy(room, result->data(), size);
      host.counts.bytes_in += size;
    }
  }
  if (result_out != 0 && !host.write(result_out, address)) return kInvalidMemoryAccess;
  if (size_out != 0 && !host.write(size_out, static_cast<Address<H>>(size)))
    return kInvalidMemoryAccess;
  return status;
}

}  // namespace tamis::hostcalls
