// A DEFLATE encoder (RFC 1951) of our own: the same bytes in, the same bytes out, on every machine
// and however the input is cut. zlib, zlib-ng and their versions compress the same input to
// different bytes, and Python links whichever it finds. Changing anything here, or in the headers
// it is made of, changes digests that users have pinned; golden digests in the tests hold it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bit_writer.h"
#include "deflate_block.h"
#include "lz77.h"

namespace tamis {

// Holds up to 2 MiB, whatever passes.
class Deflate {
 public:
  // Copies `bytes`. What is ready of the stream: mostly nothing, then much at once.
  std::string update(std::string_view bytes) {
    check();
    while (!bytes.empty()) {
      const std::string_view taken = bytes.substr(0, kHeld - held_.size());
      held_.append(taken);
      bytes.remove_prefix(taken.size());
      if (held_.size() == kHeld) encode(kHeld - kMaxMatch - kMinMatch);
    }
    return out_.take();
  }

  // The rest of the stream. Both throw std::logic_error from then on.
  std::string finish() {
    check();
    finished_ = true;
    encode(static_cast<int32_t>(held_.size()));
    write_block(tokens_, true, out_);
    out_.fill();
    return out_.take();
  }

 private:
  static constexpr size_t kBlock = size_t{1} << 16;  // tokens
  static constexpr size_t kHeld = size_t{1} << 20;

  void check() const {
    if (finished_) throw std::logic_error("the stream has been finished");
  }

  // Makes tokens of what is held, as long as they begin before `end`.
  void encode(int32_t end) {
    for (; at_ < end; at_ += tokens_.back().distance == 0 ? 1 : tokens_.back().length) {
      if (tokens_.size() == kBlock) {
        write_block(tokens_, false, out_);
        tokens_.clear();
      }
      tokens_.push_back(lz77_.token(held_, at_));
    }
    const int32_t gone = std::max(at_ - kWindow, 0) / Lz77::kStride * Lz77::kStride;
    held_.erase(0, gone);
    lz77_.forget(gone);
    at_ -= gone;
  }

  std::string held_;           // the window, and what waits
  int32_t at_ = 0;             // where in it the next token begins
  std::vector<Token> tokens_;  // of the next block
  Lz77 lz77_;
  BitWriter out_;
  bool finished_ = false;
};

}  // namespace tamis
