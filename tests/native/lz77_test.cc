#include "native/lz77.h"

#include <string>
#include <vector>

#include "check.h"

using namespace tamis;

// As text: literals as they are, matches as <distance,length>.
static std::string tokens(std::string_view data) {
  Lz77 lz77;
  std::string out;
  for (int32_t at = 0; at < static_cast<int32_t>(data.size());) {
    const Token token = lz77.token(data, at);
    if (token.distance == 0) {
      out += static_cast<char>(token.length);
      ++at;
    } else {
      out += "<" + std::to_string(token.distance) + "," + std::to_string(token.length) + ">";
      at += token.length;
    }
  }
  return out;
}

static void what_was_there_before_is_a_match() {
  CHECK(tokens("").empty());
  CHECK(tokens("abcabcabc") == "abc<3,6>");
  CHECK(tokens("abc-abc") == "abc-abc");  // three bytes are no match
  CHECK(tokens("abcd-abcd") == "abcd-<5,4>");
  CHECK(tokens(std::string(600, 'z')) == "z<1,258><1,258><1,83>");
}

static void the_longest_candidate_wins_then_the_nearest() {
  const std::string_view data = "abcdef1abcdX2abcdY3abcdef";
  CHECK(tokens(data) == "abcdef1<7,4>X2<6,4>Y3<19,6>");
}

static void the_window_ends() {
  const std::string in = "needle!!" + std::string(kWindow - 8, '\0') + "needle!!";
  const std::string beyond = "needle!!" + std::string(kWindow - 7, '\0') + "needle!!";
  CHECK(tokens(in).ends_with("<32768,8>"));
  CHECK(tokens(beyond).ends_with(">needle!!"));
}

// Places move with the data: the tokens are those of data that stays.
static void what_is_gone_is_forgotten() {
  std::string data;
  for (uint32_t state = 1; data.size() < 400'000; state = state * 1664525 + 1013904223)
    data += std::string_view("proxy_on_request_headers").substr(state >> 29, 4 + (state >> 8) % 9);
  Lz77 stays, moves;
  int32_t gone = 0;
  for (int32_t at = 0; at < static_cast<int32_t>(data.size());) {
    if (at - gone > 2 * Lz77::kStride) {
      gone += Lz77::kStride;
      moves.forget(Lz77::kStride);
    }
    const Token token = stays.token(data, at);
    const Token same = moves.token(std::string_view(data).substr(gone), at - gone);
    CHECK(token.distance == same.distance && token.length == same.length);
    at += token.distance == 0 ? 1 : token.length;
  }
  CHECK(gone > 0);
}

int main() {
  what_was_there_before_is_a_match();
  the_longest_candidate_wins_then_the_nearest();
  the_window_ends();
  what_is_gone_is_forgotten();
}
