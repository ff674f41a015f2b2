// What a server says to the load client: however it is cut, it is read the same, and never past the
// end of an answer.
#include <vector>

#include "choices.h"
#include "native/answer_reader.h"

using tamis::AnswerReader;

// Feeds `bytes` in pieces that `size` gives; how many were taken.
template <typename Size>
static size_t feed(AnswerReader& reader, std::string_view bytes, const Size& size) {
  size_t taken = 0;
  while (reader.state() == AnswerReader::State::kReading && taken < bytes.size()) {
    const std::string_view piece = bytes.substr(taken, size());
    const size_t more = reader.feed(piece);
    CHECK(more > 0 && more <= piece.size());
    CHECK(more == piece.size() || reader.state() != AnswerReader::State::kReading);
    taken += more;
  }
  return taken;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::vector<char> exact(data + 1, data + size);  // nothing behind its end
  std::string_view bytes(exact.data(), exact.size());
  const bool head = data[0] % 4 == 0;
  fuzz::Choices choices(data, size);
  AnswerReader whole, cut;
  while (!bytes.empty()) {
    whole.start(head, true);
    cut.start(head, true);
    const size_t taken = feed(whole, bytes, [&] { return bytes.size(); });
    CHECK(feed(cut, bytes, [&] { return 1 + choices.below(40); }) == taken);
    whole.end();
    cut.end();
    CHECK(whole.state() != AnswerReader::State::kReading && whole.state() == cut.state());
    if (whole.state() == AnswerReader::State::kBroken) break;
    CHECK(whole.status() == cut.status() && whole.body() == cut.body());
    CHECK(whole.head_hash() == cut.head_hash() && whole.whole_hash() == cut.whole_hash());
    CHECK(whole.closes() == cut.closes() && whole.body() <= taken);
    CHECK(whole.status() >= 100 && whole.status() <= 999);
    bytes.remove_prefix(taken);
  }
  return 0;
}
