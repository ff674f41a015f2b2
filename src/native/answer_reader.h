// HTTP/1 answers, fed in pieces of any size: where each ends, its status, the size of its body, and
// what tells it from others.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

#include "stream_hash.h"

namespace tamis {

// Lives with its connection; allocates nothing. A malformed answer breaks it until the next start.
class AnswerReader {
 public:
  enum class State : uint8_t { kReading, kDone, kBroken };

  // What the lines of one head, of the trailers or before a chunk may add up to, in bytes.
  static constexpr size_t kMaxHead = size_t{256} << 10;

  // Before the answer to another request; `head`: to a HEAD, whose answer has no body. `hashed`: it
  // is told from others.
  void start(bool head, bool hashed = false) {
    *this = AnswerReader();
    head_ = head;
    hashed_ = hashed;
  }

  // Takes what belongs to the answer, and says how many bytes that was.
  size_t feed(std::string_view bytes) {
    size_t at = 0;
    while (state_ == State::kReading && at < bytes.size()) at += step(bytes.substr(at));
    return at;
  }

  // The connection has ended: so has a body that nothing else ends.
  void end() {
    if (state_ != State::kReading) return;
    state_ = part_ == Part::kRest ? State::kDone : State::kBroken;
  }

  State state() const { return state_; }
  uint32_t status() const { return status_; }
  // Bytes of the body without what frames it.
  uint64_t body() const { return body_; }
  // Of its status and its headers in order, but for those that say when and over which connection
  // it came; of these and its body. Framing is in neither. 0 unless asked for.
  uint64_t head_hash() const { return hashed_ ? head_hash_.value() : 0; }
  uint64_t whole_hash() const { return hashed_ ? hash_.value() : 0; }
  // The connection is of no use behind this answer. To be asked when it is done.
  bool closes() const { return closes_; }

 private:
  enum class Part : uint8_t {
    kStatus,
    kHeaders,
    kBody,
    kChunkSize,
    kChunk,
    kChunkEnd,
    kTrailers,
    kRest
  };
  // What is kept of a line: all that is looked at is shorter.
  static constexpr size_t kMaxLine = 256;

  size_t step(std::string_view bytes) {
    if (part_ != Part::kRest && part_ != Part::kBody && part_ != Part::kChunk)
      return take_line(bytes);
    const bool rest = part_ == Part::kRest;
    const size_t taken =
        rest ? bytes.size() : static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
    body_ += taken;
    if (hashed_) hash_.add(bytes.substr(0, taken));
    if (rest) return taken;
    left_ -= taken;
    if (left_ > 0) return taken;
    if (part_ == Part::kBody)
      state_ = State::kDone;
    else
      part_ = Part::kChunkEnd;
    return taken;
  }

  size_t take_line(std::string_view bytes) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    const size_t taken = piece.size() + (end == bytes.npos ? 0 : 1);
    size_ += taken;
    if (size_ > kMaxHead) {
      state_ = State::kBroken;
      return taken;
    }
    const size_t kept = std::min(piece.size(), kMaxLine - kept_);
    std::memcpy(line_.data() + kept_, piece.data(), kept);
    kept_ += kept;
    cut_ |= kept < piece.size();
    if (hashed_ && part_ == Part::kHeaders) line_hash_.add(piece);
    if (end == bytes.npos) return taken;
    std::string_view line(line_.data(), kept_);
    if (!cut_ && line.ends_with('\r')) line.remove_suffix(1);
    if (!read(line)) state_ = State::kBroken;
    kept_ = 0;
    cut_ = false;
    line_hash_ = StreamHash();
    return taken;
  }

  // False: malformed.
  bool read(std::string_view line) {
    switch (part_) {
      case Part::kStatus:
        return read_status(line);
      case Part::kHeaders:
        return line.empty() ? end_head() : read_header(line);
      case Part::kChunkSize:
        return read_chunk_size(line);
      case Part::kChunkEnd:
        part_ = Part::kChunkSize;
        size_ = 0;
        return line.empty();
      default:  // trailers
        if (line.empty()) state_ = State::kDone;
        return true;
    }
  }

  bool read_status(std::string_view line) {
    if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
    const auto status = number(line.substr(9, 3));
    if (line[7] < '0' || line[7] > '9' || !status || *status < 100 ||
        (line.size() > 12 && line[12] != ' '))
      return false;
    status_ = static_cast<uint32_t>(*status);
    closes_ = line[7] == '0';
    part_ = Part::kHeaders;
    return true;
  }

  bool read_header(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == 0 || colon == line.npos) return false;
    const std::string_view name = line.substr(0, colon);
    if (name.find_first_of(" \t") != name.npos) return false;  // a folded line among them
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (hashed_ && !volatile_header(name)) hash_.add(line_hash_.value());
    if (same(name, "content-length")) {
      const auto length = number(value);
      if (cut_ || !length || (length_ && *length_ != *length)) return false;
      length_ = length;
    } else if (same(name, "transfer-encoding")) {
      coded_ = true;
      chunked_ = same(last(value), "chunked");
      return !cut_;
    } else if (same(name, "connection")) {
      if (lists(value, "close"))
        closes_ = true;
      else if (lists(value, "keep-alive"))
        closes_ = false;
      return !cut_;
    }
    return true;
  }

  bool end_head() {
    const bool interim = status_ < 200 && status_ != 101;
    if (interim) {
      length_.reset();
      coded_ = chunked_ = false;
      hash_ = StreamHash();
      part_ = Part::kStatus;  // whose size adds up with the next one's: there may be no end of them
      return true;
    }
    if (hashed_) {
      hash_.add(status_);
      head_hash_ = hash_;
    }
    if (status_ == 101) closes_ = true;  // what follows is not HTTP
    if (head_ || status_ == 101 || status_ == 204 || status_ == 304) {
      state_ = State::kDone;
      return true;
    }
    if (coded_ && length_) return false;
    size_ = 0;
    if (chunked_) {
      part_ = Part::kChunkSize;
    } else if (length_) {
      part_ = Part::kBody;
      left_ = *length_;
      if (left_ == 0) state_ = State::kDone;
    } else {
      part_ = Part::kRest;
      closes_ = true;
    }
    return true;
  }

  bool read_chunk_size(std::string_view line) {
    const size_t end = std::min(line.find_first_of("; \t"), line.size());
    const auto size = number(line.substr(0, end), 16);
    const std::string_view extension = trimmed(line.substr(end));
    if (!size || (!extension.empty() && extension[0] != ';')) return false;
    left_ = *size;
    part_ = left_ == 0 ? Part::kTrailers : Part::kChunk;
    return true;
  }

  // What an answer has of its moment and of its connection.
  static bool volatile_header(std::string_view name) {
    static constexpr std::array<std::string_view, 5> kVolatile = {
        "connection", "date", "keep-alive", "transfer-encoding", "x-envoy-upstream-service-time"};
    return std::ranges::any_of(kVolatile, [&](std::string_view each) { return same(name, each); });
  }

  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
  static bool same(std::string_view text, std::string_view lowered) {
    return std::ranges::equal(text, lowered, [](char a, char b) { return lower(a) == b; });
  }
  static std::string_view trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
  }
  // The last of the items between commas.
  static std::string_view last(std::string_view items) {
    return trimmed(items.substr(items.rfind(',') + 1));
  }
  static bool lists(std::string_view items, std::string_view lowered) {
    while (true) {
      if (same(last(items), lowered)) return true;
      const size_t comma = items.rfind(',');
      if (comma == items.npos) return false;
      items = items.substr(0, comma);
    }
  }
  static std::optional<uint64_t> number(std::string_view text, int base = 10) {
    uint64_t value = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, value, base);
    if (text.empty() || error != std::errc() || stop != end) return {};
    return value;
  }

  State state_ = State::kReading;
  Part part_ = Part::kStatus;
  bool head_ = false, hashed_ = false, closes_ = false, coded_ = false, chunked_ = false;
  bool cut_ = false;  // the line is longer than what is kept of it
  uint32_t status_ = 0;
  uint64_t body_ = 0, left_ = 0;
  std::optional<uint64_t> length_;
  size_t size_ = 0, kept_ = 0;
  StreamHash line_hash_, head_hash_, hash_;
  std::array<char, kMaxLine> line_;
};

}  // namespace tamis
