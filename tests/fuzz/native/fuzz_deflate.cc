// The DEFLATE encoder: what it wrote reads back, and is the same however the input was cut. The
// input is made of choices: noise, runs, what was there before at any distance, and bytes as given.
#include <algorithm>

#include "choices.h"
#include "inflate.h"
#include "native/deflate.h"

using tamis::Deflate;

static std::string made(fuzz::Choices& choices) {
  std::string out;
  const size_t most = choices.chance(16) ? size_t{300} << 10 : size_t{40} << 10;
  while (choices.left() && out.size() < most) {
    const size_t size = 1 + choices.below(choices.chance(4) ? 3000 : 40);
    switch (choices.below(4)) {
      case 0:
        for (size_t at = 0; at < size; ++at) out += static_cast<char>(choices.below(256));
        break;
      case 1:
        out.append(size, static_cast<char>(choices.below(256)));
        break;
      case 2:  // around the end of the window, too
        if (const size_t back = std::min<size_t>(out.size(), 1 + choices.below(33'000)); back != 0)
          for (size_t at = 0; at < size; ++at) out += out[out.size() - back];
        break;
      default:
        out += choices.rest().substr(0, size);
    }
  }
  return out;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Choices choices(data, size);
  const std::string input = made(choices);
  Deflate whole, cut;
  std::string once = whole.update(input);
  once += whole.finish();
  std::string pieces;
  for (std::string_view rest = input; !rest.empty();) {
    // Exactly as long as it says: the sanitizer sees one byte too many.
    const std::string piece(rest.substr(0, choices.below(9000)));
    pieces += cut.update(piece);
    rest.remove_prefix(piece.size());
  }
  pieces += cut.finish();
  CHECK(pieces == once);
  CHECK(inflate(once) == input);
  return 0;
}
