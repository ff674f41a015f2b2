// A header map as Envoy keeps it: insertion order, lower-case names, pseudo-headers first, and
// duplicates joined by a comma for the names of which Envoy holds one value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "header_rules.h"
#include "joined_names.h"
#include "limits.h"

namespace tamis {

// Lives inside its owner and is reused: text lies in one arena, so that copying a map is two
// memcpys and, once warm, no heap allocation. Views it returns end with the next change.
class HeaderMap {
 public:
  // `joined` outlives the map; nullptr: no name is special. `request`: of a request, whose `host`
  // is its authority by another name.
  void join(const JoinedNames* joined, bool request = false) {
    joined_ = joined;
    request_ = request;
  }

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  // Sum of the bytes of names and values: what get_header_map_size returns.
  size_t byte_size() const { return bytes_; }
  // Bytes of the pairs serialization.
  size_t serialized_size() const { return 4 + entries_.size() * 10 + bytes_; }

  std::string_view name(size_t i) const {
    return {arena_.data() + entries_[i].name, entries_[i].name_size};
  }
  std::string_view value(size_t i) const {
    return {arena_.data() + entries_[i].value, entries_[i].value_size};
  }

  // Whether it may not be fit to leave, for what happened since `assign`: a pseudo-header went or
  // changed, or the guest wrote into a request what no codec writes.
  bool doubtful() const { return doubtful_; }

  // Index of the first header that no codec writes, or npos. A scheme is mended before it leaves.
  size_t unwritable() const {
    if (!doubtful_) return npos;
    for (size_t i = 0; i < entries_.size(); ++i)
      if (!is_header_name(name(i)) || !(is_header_value(value(i)) || name(i) == ":scheme"))
        return i;
    return npos;
  }

  void clear() {
    entries_.clear();
    arena_.clear();
    bytes_ = 0;
    doubtful_ = true;
  }

  // Takes the content of `other`, keeping this map's rules and memory.
  void assign(const HeaderMap& other) {
    entries_.assign(other.entries_.begin(), other.entries_.end());
    arena_.assign(other.arena_);
    bytes_ = other.bytes_;
    doubtful_ = false;
  }

  // What a header of that name is kept under.
  std::string_view known(std::string_view name) const {
    return request_ && name == "host" ? ":authority" : name;
  }

  // Index of the first entry called `name` (lower case), or npos.
  size_t find(std::string_view name) const {
    name = known(name);
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].name_size == name.size() &&
          std::memcmp(arena_.data() + entries_[i].name, name.data(), name.size()) == 0)
        return i;
    }
    return npos;
  }

  // As Envoy's addCopy: appends, or joins the value to the one there is. An empty value takes the
  // other without a delimiter.
  void add(std::string_view name, std::string_view value) {
    name = known(name);
    doubt(name, value);
    const size_t at = find(name);
    if (at != npos && joined_ != nullptr && joined_->contains(name)) {
      join_value(at, value);
    } else {
      append(name, value);
    }
  }

  // Appends without looking for duplicates; the caller knows the wire's content is final.
  void append(std::string_view name, std::string_view value) {
    Entry entry{store(name), static_cast<uint32_t>(name.size()), 0,
                static_cast<uint32_t>(value.size())};
    entry.value = store(value);
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(position(name)), entry);
    bytes_ += name.size() + value.size();
  }

  // Removes all of that name, then adds it: Envoy's setCopy.
  void replace(std::string_view name, std::string_view value) {
    name = known(name);
    doubt(name, value);
    remove(name);
    append(name, value);
  }

  // Changes the value in place, as Envoy does for the headers it sets itself, or appends.
  void set(std::string_view name, std::string_view value) {
    const size_t at = find(name);
    if (at == npos) return append(name, value);
    bytes_ += value.size() - entries_[at].value_size;
    entries_[at].value = store(value);
    entries_[at].value_size = static_cast<uint32_t>(value.size());
  }

  void remove(std::string_view name) {
    name = known(name);
    size_t at = find(name);
    if (at == npos) return;
    if (name.starts_with(':')) doubtful_ = true;
    size_t kept = at;
    for (; at < entries_.size(); ++at) {
      if (this->name(at) == name) {
        bytes_ -= entries_[at].name_size + entries_[at].value_size;
      } else {
        entries_[kept++] = entries_[at];
      }
    }
    entries_.resize(kept);
    compact();
  }

  void erase(size_t at) {
    bytes_ -= entries_[at].name_size + entries_[at].value_size;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void swap_entries(size_t a, size_t b) { std::swap(entries_[a], entries_[b]); }

  // Writes the pairs serialization: serialized_size() bytes at `out`.
  void serialize(char* out) const {
    const auto count = static_cast<uint32_t>(entries_.size());
    std::memcpy(out, &count, 4);
    out += 4;
    for (const Entry& e : entries_) {
      std::memcpy(out, &e.name_size, 4);
      std::memcpy(out + 4, &e.value_size, 4);
      out += 8;
    }
    for (const Entry& e : entries_) {
      out = put(out, arena_.data() + e.name, e.name_size);
      out = put(out, arena_.data() + e.value, e.value_size);
    }
  }

  // Same headers, same order.
  bool operator==(const HeaderMap& other) const {
    if (entries_.size() != other.entries_.size() || bytes_ != other.bytes_) return false;
    if (same_layout(other)) return true;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (name(i) != other.name(i) || value(i) != other.value(i)) return false;
    }
    return true;
  }

  static constexpr size_t npos = static_cast<size_t>(-1);

 private:
  struct Entry {
    uint32_t name, name_size, value, value_size;
  };

  void doubt(std::string_view name, std::string_view value) {
    if (request_ && !(is_header_name(name) && is_header_value(value))) doubtful_ = true;
  }

  static char* put(char* out, const char* from, uint32_t size) {
    std::memcpy(out, from, size);
    out[size] = '\0';
    return out + size + 1;
  }

  // The usual case in a replay: the same edits left the same bytes in the same places.
  bool same_layout(const HeaderMap& other) const {
    return arena_ == other.arena_ &&
           (entries_.empty() || std::memcmp(entries_.data(), other.entries_.data(),
                                            entries_.size() * sizeof(Entry)) == 0);
  }

  // Pseudo-headers go behind the last pseudo-header, all others to the end.
  size_t position(std::string_view name) const {
    if (name.empty() || name[0] != ':') return entries_.size();
    size_t at = 0;
    while (at < entries_.size() && entries_[at].name_size != 0 && arena_[entries_[at].name] == ':')
      ++at;
    return at;
  }

  uint32_t store(std::string_view text) {
    if (arena_.size() + text.size() > kMaxMapBytes) throw OutputLimit("headers", kMaxMapBytes);
    const auto at = static_cast<uint32_t>(arena_.size());
    arena_.append(text);
    return at;
  }

  void join_value(size_t at, std::string_view value) {
    if (value.empty()) return;
    if (name(at).starts_with(':')) doubtful_ = true;
    std::string whole(this->value(at));
    if (!whole.empty()) whole += ',';
    whole += value;
    bytes_ += whole.size() - entries_[at].value_size;
    entries_[at].value_size = static_cast<uint32_t>(whole.size());
    entries_[at].value = store(whole);
    compact();
  }

  // Drops text no entry names any more, when most of the arena is such.
  void compact() {
    if (arena_.size() < 65536 || arena_.size() < 2 * bytes_) return;
    std::string kept;
    kept.reserve(2 * bytes_);
    for (Entry& e : entries_) {
      const auto name_at = static_cast<uint32_t>(kept.size());
      kept.append(arena_, e.name, e.name_size);
      const auto value_at = static_cast<uint32_t>(kept.size());
      kept.append(arena_, e.value, e.value_size);
      e.name = name_at;
      e.value = value_at;
    }
    arena_.swap(kept);
  }

  const JoinedNames* joined_ = nullptr;
  std::vector<Entry> entries_;
  std::string arena_;
  size_t bytes_ = 0;
  bool request_ = false;
  bool doubtful_ = false;
};

// ASCII lower case; other bytes stay.
inline void lower(std::string& text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
}

}  // namespace tamis
