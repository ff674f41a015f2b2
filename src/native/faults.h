// Deliberate mistakes, reachable from tests only: the comparison between hosts must notice each.
#pragma once

#include <string>

#include "script.h"

namespace tamis {

// What a callback is told of the end of its stream.
inline uint32_t told_end(Fault fault, bool end) {
  return end != (fault == Fault::kWrongEndOfStream) ? 1 : 0;
}

// What a faulty host does to headers on their way out.
inline void spoil_headers(Fault fault, HeaderMap& headers) {
  if (fault == Fault::kDropDuplicate) {
    for (size_t i = headers.size(); i-- > 0;) {
      if (headers.find(headers.name(i)) == i) continue;
      headers.erase(i);
      return;
    }
  }
  if (fault == Fault::kSwapHeaders && headers.size() > 1)
    headers.swap_entries(headers.size() - 2, headers.size() - 1);
}

// What a faulty host does to the end of a message.
inline void spoil_end(Fault fault, HeaderMap& trailers, std::string& body) {
  if (fault == Fault::kLoseTrailer && !trailers.empty()) trailers.erase(trailers.size() - 1);
  if (fault == Fault::kLoseBodyByte && !body.empty()) body.pop_back();
}

}  // namespace tamis
