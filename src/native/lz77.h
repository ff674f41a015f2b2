// LZ77: what in the data was there before, found greedily. Part of the pinned encoder (see
// deflate.h): every choice here shows in digests.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace tamis {

// A literal byte, in `length`, where the distance is 0; else a match.
struct Token {
  uint16_t distance = 0, length = 0;
};

// How far back a match may lie, and how long it may be; bytes (RFC 1951).
inline constexpr int32_t kWindow = 32768;
inline constexpr int32_t kMinMatch = 4;
inline constexpr int32_t kMaxMatch = 258;
// How many earlier places are tried at each: more hardly finds more.
inline constexpr int kEffort = 32;

// Knows where four bytes were before. Places are offsets in the data, below 2^31; `forget` moves
// them. Half a MiB, whatever passes.
//
// A bucket is a list of the latest places of different bytes, the latest first: whoever looks
// passes over no bytes twice, however often they were there. Behind each place is the one before it
// with the same bytes.
class Lz77 {
 public:
  Lz77() { tables_->buckets.fill(kNowhere); }

  // The token of `data` at `at`, of the longest of kEffort candidates; the nearest wins a tie. Each
  // byte before `at` was part of a token, the one before began where the last ended.
  Token token(std::string_view data, int32_t at) {
    const auto size = static_cast<int32_t>(data.size());
    const int32_t nearest = size - at < kMinMatch ? kNowhere : enter(data, at);
    if (nearest == kNowhere) return {0, static_cast<unsigned char>(data[at])};
    const Token found = longest(data, at, nearest);
    const int32_t end = std::min(at + found.length, size - kMinMatch);
    for (int32_t inside = at + 1; inside < end; ++inside) enter(data, inside);
    return found;
  }

  // The first `bytes` of the data are gone, a multiple of kStride: places lie that much lower.
  void forget(int32_t bytes) {
    const auto move = [bytes](int32_t& place) { place = place < bytes ? kNowhere : place - bytes; };
    std::for_each(tables_->buckets.begin(), tables_->buckets.end(), move);
    for (Links& links : tables_->links) {
      move(links.same);
      move(links.other);
    }
  }

  // Two windows: a place in reach keeps its links while a new one is entered.
  static constexpr int32_t kStride = 2 * kWindow;

 private:
  static constexpr int32_t kNowhere = -1;
  static constexpr int kBucketBits = 16;

  struct Links {
    int32_t same = kNowhere;   // the place before with the same bytes
    int32_t other = kNowhere;  // the latest place of other bytes of this bucket
  };
  struct Tables {
    std::array<int32_t, size_t{1} << kBucketBits> buckets;
    std::array<Links, kStride> links;
  };

  static uint32_t four(std::string_view data, int32_t at) {
    uint32_t bytes = 0;
    std::memcpy(&bytes, data.data() + at, sizeof bytes);
    return bytes;
  }
  static bool in_reach(int32_t place, int32_t at) {
    return place != kNowhere && at - place <= kWindow;
  }
  Links& links(int32_t place) { return tables_->links[place % kStride]; }

  // Notes the four bytes at `at`; where in reach they were last, or kNowhere.
  int32_t enter(std::string_view data, int32_t at) {
    const uint32_t bytes = four(data, at);
    int32_t& bucket = tables_->buckets[bytes * 0x9e3779b1 >> (32 - kBucketBits)];
    int32_t last = kNowhere;
    for (int32_t* link = &bucket; in_reach(*link, at); link = &links(*link).other)
      if (four(data, *link) == bytes) {
        last = *link;
        *link = links(last).other;
        break;
      }
    links(at) = {last, bucket};
    bucket = at;
    return last;
  }

  Token longest(std::string_view data, int32_t at, int32_t candidate) {
    const auto limit = std::min(kMaxMatch, static_cast<int32_t>(data.size()) - at);
    const char* here = data.data() + at;
    int32_t best = 0, distance = 0;
    int effort = kEffort;
    for (; effort > 0 && in_reach(candidate, at); --effort, candidate = links(candidate).same) {
      const char* there = data.data() + candidate;
      if (there[best] != here[best]) continue;
      const auto length = static_cast<int32_t>(
          std::mismatch(here + kMinMatch, here + limit, there + kMinMatch).first - here);
      if (length <= best) continue;
      best = length;
      distance = at - candidate;
      if (best == limit) break;
    }
    return {static_cast<uint16_t>(distance), static_cast<uint16_t>(best)};
  }

  std::unique_ptr<Tables> tables_ = std::make_unique<Tables>();
};

}  // namespace tamis
