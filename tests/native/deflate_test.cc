#include "native/deflate.h"

#include <string>

#include "check.h"
#include "inflate.h"

using tamis::Deflate;

static std::string deflate(std::string_view data, size_t piece) {
  Deflate encoder;
  std::string out;
  for (; !data.empty(); data.remove_prefix(std::min(piece, data.size())))
    out += encoder.update(data.substr(0, piece));
  return out + encoder.finish();
}

// Words, noise and runs.
static std::string sample(size_t size) {
  std::string out;
  for (uint32_t state = 7; out.size() < size; state = state * 1664525 + 1013904223) {
    if (state >> 24 == 0)
      out.append(state >> 18 & 0x7ff, static_cast<char>(state >> 16));
    else if (state >> 31 == 0)
      out += std::string_view("proxy_on_request_headers").substr(state >> 28, state >> 8 & 15);
    else
      out += static_cast<char>(state >> 16);
  }
  out.resize(size);
  return out;
}

static void comes_back_however_cut() {
  const std::string all = sample(700'000);
  for (const size_t size :
       {0, 1, 3, 4, 5, 263, 32'768, 1'048'575, 1'048'576, 1'048'577, 1'400'000}) {
    const std::string_view data = std::string_view(all).substr(0, size);
    const std::string once = deflate(data, size + 1);
    CHECK(inflate(once) == data);
    for (const size_t piece : {1, 1000, 65'536}) CHECK(deflate(data, piece) == once);
  }
}

static void blocks_end_with_64_ki_tokens() {
  std::string noise;  // without a match: as many tokens as bytes
  for (uint32_t state = 1; noise.size() < 131'073; state = state * 1664525 + 1013904223)
    noise += static_cast<char>(state >> 24);
  const auto blocks = [&](size_t size) {
    const std::string out = deflate(noise.substr(0, size), 1000);
    Inflate reader(out);
    CHECK(reader.read() == noise.substr(0, size));
    return reader.blocks;
  };
  CHECK(blocks(0) == 1 && blocks(65'535) == 1 && blocks(65'536) == 1);
  CHECK(blocks(65'537) == 2 && blocks(131'072) == 2 && blocks(131'073) == 3);
}

static void what_passes_is_not_kept() {
  const std::string all = sample(1 << 20);
  Deflate encoder;
  std::string out;
  for (int times = 0; times < 10; ++times) out += encoder.update(all);
  const size_t passed = out.size();
  out += encoder.finish();
  CHECK(passed > out.size() / 10 * 8);
  std::string whole;
  for (int times = 0; times < 10; ++times) whole += all;
  CHECK(inflate(out) == whole);
}

static void a_finished_stream_takes_no_more() {
  Deflate encoder;
  encoder.finish();
  CHECK(throws<std::logic_error>([&] { encoder.update("x"); }, "finished"));
  CHECK(throws<std::logic_error>([&] { encoder.finish(); }, "finished"));
}

int main() {
  comes_back_however_cut();
  blocks_end_with_64_ki_tokens();
  what_passes_is_not_kept();
  a_finished_stream_takes_no_more();
}
