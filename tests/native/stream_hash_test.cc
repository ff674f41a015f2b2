#include "native/stream_hash.h"

#include <set>
#include <string>

#include "check.h"

using tamis::StreamHash;

static uint64_t hash(std::string_view bytes, size_t piece = 1000) {
  StreamHash hash;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    hash.add(bytes.substr(0, piece));
  return hash.value();
}

static void the_same_however_cut() {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (size_t size = 0; size <= text.size(); ++size)
    for (size_t piece = 1; piece <= size; ++piece)
      CHECK(hash(text.substr(0, size), piece) == hash(text.substr(0, size)));
}

static void different_for_what_differs() {
  std::set<uint64_t> seen = {hash("")};
  std::string text(20, 'a');
  for (size_t at = 0; at < text.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = text;
      other[at] = static_cast<char>(other[at] ^ (1 << bit));
      CHECK(seen.insert(hash(other)).second);
    }
  // What is missing, or zero, shows too.
  for (size_t size = 1; size <= 20; ++size) {
    CHECK(seen.insert(hash(text.substr(0, size))).second);
    CHECK(seen.insert(hash(std::string(size, '\0'))).second);
  }
}

static void numbers() {
  StreamHash one, two;
  one.add(uint64_t{1});
  two.add(uint64_t{1} << 63);
  CHECK(one.value() != two.value() && one.value() != 0);
  CHECK(StreamHash().value() == 0);
}

int main() {
  the_same_however_cut();
  different_for_what_differs();
  numbers();
}
