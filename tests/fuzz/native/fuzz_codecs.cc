// What guests hand over as bytes: pairs, protobuf, text, filter state. What a map writes is read
// back; what is malformed is refused and leaves nothing.
#include <vector>

#include "choices.h"
#include "native/envoy_filter_state.h"
#include "native/headers.h"
#include "native/hostcalls/callouts.h"
#include "native/pairs.h"
#include "native/protobuf.h"

using namespace tamis;

static std::string serialized(const HeaderMap& map) {
  // Exactly as long as it says: the sanitizer sees one byte too many.
  std::string bytes(map.serialized_size(), '\x55');
  map.serialize(bytes.data());
  return bytes;
}

static HeaderMap rebuilt(const Pairs& pairs) {
  HeaderMap map;
  for (const auto& [name, value] : pairs) map.append(name, value);
  return map;
}

static void any_pairs(std::string_view bytes) {
  Pairs pairs{{"left", "over"}};
  const bool fine = read_pairs(bytes, pairs);
  CHECK(fine || pairs.empty());
  if (!fine || bytes.empty()) return;
  // Accepted: then the sizes add up to all there is.
  size_t size = 4;
  for (const auto& [name, value] : pairs) size += 8 + name.size() + value.size() + 2;
  CHECK(size == bytes.size() && size <= kPairsMaxBytes);
  // Pseudo-headers move to the front in a map: a map in their order is its own image.
  const HeaderMap map = rebuilt(pairs);
  const std::string again = serialized(map);
  CHECK(read_pairs(again, pairs) && rebuilt(pairs) == map && serialized(rebuilt(pairs)) == again);
}

// A map of the bytes, cut into names and values.
static void round_trip(fuzz::Choices& choices) {
  HeaderMap map;
  for (std::string_view rest = choices.rest(); !rest.empty();) {
    const size_t name = static_cast<unsigned char>(rest[0]) % 8;
    const std::string_view key = rest.substr(1).substr(0, name);
    rest.remove_prefix(1 + key.size());
    const std::string_view value = rest.substr(0, name * 3);
    rest.remove_prefix(value.size());
    switch (choices.below(4)) {
      case 0:
        map.set(key, value);
        break;
      case 1:
        map.remove(key);
        break;
      default:
        map.append(key, value);
    }
  }
  const std::string bytes = serialized(map);
  Pairs pairs;
  const bool fits = map.size() <= kPairsMaxCount && bytes.size() <= kPairsMaxBytes;
  CHECK(read_pairs(bytes, pairs) == fits && pairs.size() == (fits ? map.size() : 0));
  CHECK(!fits || rebuilt(pairs) == map);
}

// Every field lies inside the message, and is passed once.
static void protobuf(std::string_view bytes, size_t depth) {
  ProtobufReader reader(bytes);
  const char* last = bytes.data();
  while (reader.next()) {
    CHECK(reader.field != 0 && !reader.broken());
    if (reader.wire == ProtobufReader::Wire::kVarint) continue;
    CHECK(reader.bytes.data() >= last &&
          reader.bytes.data() + reader.bytes.size() <= bytes.data() + bytes.size());
    last = reader.bytes.data() + reader.bytes.size();
    (void)is_utf8(reader.bytes);
    if (depth < 4) protobuf(reader.bytes, depth + 1);
  }
  CHECK(!reader.next());
}

static void filter_state(std::string_view value) {
  for (const char* name :
       {"envoy.string", "envoy.tcp_proxy.disable_tunneling", "envoy.upstream.dynamic_port",
        "envoy.tcp_proxy.per_connection_idle_timeout_ms", "envoy.network.ip",
        "envoy.filters.listener.original_dst.local_ip", "envoy.network.application_protocols"})
    (void)make_envoy_object(name, value);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::vector<char> exact(data + 1, data + size);  // nothing behind its end
  const std::string_view bytes(exact.data(), exact.size());
  fuzz::Choices choices(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      any_pairs(bytes);
      break;
    case 1:
      round_trip(choices);
      break;
    case 2:
      protobuf(bytes, 0);
      CHECK(hostcalls::detail::grpc_cluster(bytes).size() <= bytes.size());
      break;
    default:
      filter_state(bytes);
  }
  return 0;
}
