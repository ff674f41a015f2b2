// A reader of DEFLATE for tests: no zlib is linked. Whatever is not right ends the program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"

// Lives for one stream, which has dynamic blocks alone and nothing behind its end.
class Inflate {
 public:
  explicit Inflate(std::string_view stream) : stream_(stream) {}
  std::string read() {
    bool last = false;
    while (!last) {
      last = bits(1) == 1;
      CHECK(bits(2) == 2);
      block();
      ++blocks;
    }
    while (at_ % 8 != 0) CHECK(bits(1) == 0);
    CHECK(at_ == stream_.size() * 8);
    return out_;
  }
  size_t blocks = 0;

 private:
  using Lengths = std::vector<uint32_t>;

  uint32_t bits(uint32_t count) {
    uint32_t out = 0;
    for (uint32_t bit = 0; bit < count; ++bit, ++at_) {
      CHECK(at_ / 8 < stream_.size());
      out |= (static_cast<unsigned char>(stream_[at_ / 8]) >> at_ % 8 & 1U) << bit;
    }
    return out;
  }

  // A canonical code: symbols by length, then by number.
  struct Code {
    explicit Code(const Lengths& lengths) {
      uint32_t filled = 0;
      for (uint32_t length = 1; length <= 15; ++length)
        for (uint32_t symbol = 0; symbol < lengths.size(); ++symbol) {
          if (lengths[symbol] != length) continue;
          symbols.push_back(symbol);
          ++counts[length];
          filled += 1U << (15 - length);
        }
      // No two begin alike, and every bit leads to one: some readers refuse other tables.
      CHECK(filled == 1U << 15);
    }
    Lengths symbols, counts = Lengths(16);
  };

  uint32_t symbol(const Code& code) {
    uint32_t read = 0, first = 0, passed = 0;  // of this length, all codes are from `first` on
    for (uint32_t length = 1; length <= 15; ++length) {
      read = read << 1 | bits(1);
      first <<= 1;
      if (read - first < code.counts[length]) return code.symbols[passed + read - first];
      first += code.counts[length];
      passed += code.counts[length];
    }
    CHECK(!"a code of the table");
    return 0;
  }

  void block() {
    const uint32_t literals = bits(5) + 257, distances = bits(5) + 1, count = bits(4) + 4;
    CHECK(literals <= 286 && distances <= 30);
    Lengths of_lengths(19);
    for (uint32_t at = 0; at < count; ++at)
      of_lengths[std::string_view("\20\21\22\0\10\7\11\6\12\5\13\4\14\3\15\2\16\1\17", 19)[at]] =
          bits(3);
    const Code code_of_lengths(of_lengths);
    Lengths both;
    while (both.size() < literals + distances) {
      const uint32_t read = symbol(code_of_lengths);
      if (read < 16) {
        both.push_back(read);
        continue;
      }
      CHECK(read > 16 || !both.empty());
      const uint32_t value = read == 16 ? both.back() : 0;
      both.insert(both.end(),
                  read == 16   ? 3 + bits(2)
                  : read == 17 ? 3 + bits(3)
                               : 11 + bits(7),
                  value);
    }
    CHECK(both.size() == literals + distances);
    const Code first(Lengths(both.begin(), both.begin() + literals));
    const Code second(Lengths(both.begin() + literals, both.end()));
    for (uint32_t read = symbol(first); read != 256; read = symbol(first)) {
      if (read < 256)
        out_.push_back(static_cast<char>(read));
      else
        match(read - 257, second);
    }
  }

  void match(uint32_t read, const Code& distances) {
    const uint32_t length = 3 + (read == 28 ? 255 : value(read, 2));
    const uint32_t distance = 1 + value(symbol(distances), 1);
    CHECK(read <= 28 && distance <= 32768 && distance <= out_.size());
    for (uint32_t at = 0; at < length; ++at) out_.push_back(out_[out_.size() - distance]);
  }

  // The bins of RFC 1951, 3.2.5, one after another.
  uint32_t value(uint32_t bin, uint32_t fine) {
    uint32_t first = 0;
    const auto extra = [fine](uint32_t of) { return of < 1U << fine ? 0 : (of >> fine) - 1; };
    for (uint32_t before = 0; before < bin; ++before) first += 1U << extra(before);
    return first + bits(extra(bin));
  }

  std::string_view stream_;
  size_t at_ = 0;  // in bits
  std::string out_;
};

inline std::string inflate(std::string_view stream) { return Inflate(stream).read(); }
