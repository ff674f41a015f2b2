// What is run: messages in order and the world around them. Written once, read by every exchange.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "headers.h"
#include "limits.h"

namespace tamis {

// One message as it reaches the filter. `chunks`: DATA frames; an empty last frame is a frame.
struct Input {
  HeaderMap headers;
  std::vector<std::string> chunks;
  HeaderMap trailers;
  bool has_trailers = false;
};

// One request with its upstream answer, `after` nanoseconds of virtual time, or a reset.
struct ExchangeInput {
  Input request, answer;
  uint64_t after = 0;
  bool reset = false;
  // The proxy itself refuses the request, and no filter sees it: the status it answers, with these
  // details and body, or 0 when it resets the stream instead. -1: it does not.
  int32_t refused = -1;
  std::string refused_details, refused_body;
};

// Deliberate mistakes of the host, for the negative control of the comparison between hosts.
enum class Fault : uint8_t {
  kNone,
  kDropDuplicate,
  kSwapHeaders,
  kLoseTrailer,
  kWrongEndOfStream,
  kLoseBodyByte,
  kSkipResponseHeadersAfterLocalReply,
};

// Lives at least as long as every VM that runs it; never changes once built.
struct Script {
  std::vector<ExchangeInput> exchanges;
  std::string plugin_name, root_id, vm_id;
  std::string plugin_configuration, vm_configuration;
  std::vector<std::pair<std::string, std::string>> properties;   // path joined by NUL -> wire bytes
  std::vector<std::pair<std::string, std::string>> environment;  // of WASI
  std::array<JoinedNames, 2> joined;                             // of requests, of responses
  uint64_t now = 0, seed = 0;
  bool allow_on_headers_stop_iteration = false;
  std::string protocol = "HTTP/2";
  Limits limits;
  Fault fault = Fault::kNone;
};

}  // namespace tamis
