// What is to be written to a stream next: a few pieces of memory owned by somebody else, written in
// one call and, if the peer is slow, in several. The pieces must stay where they are until all is
// written.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "balancer/http/framing.hpp"
#include "balancer/io/stream.hpp"

namespace foretide::balancer {

class Outgoing {
 public:
  bool empty() const { return first_ == count_; }
  void add(std::string_view piece) {
    if (piece.empty()) return;
    if (empty()) first_ = count_ = 0;
    parts_[count_++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  // One piece of a body, framed; `last` ends the body.
  void add_body(std::string_view content, Framing framing, bool last) {
    if (framing != Framing::kChunked) return add(content);
    if (content.empty()) {
      if (last) add(ChunkFrame::kLast);
      return;
    }
    frame_.emplace(content.size());
    add(frame_->before());
    add(content);
    add(last ? ChunkFrame::kBehindLast : ChunkFrame::kBehind);
  }

  // Writes until all is written (kDone) or the stream takes no more.
  IoResult flush(Stream& stream, Then then = Then::kNothing) {
    std::size_t total = 0;
    while (!empty()) {
      auto result = stream.write({parts_.data() + first_, count_ - first_}, then);
      if (!result.done()) {
        result.size = total;
        return result;
      }
      total += result.size;
      skip(result.size);
    }
    return {IoResult::Kind::kDone, total};
  }

 private:
  void skip(std::size_t size) {
    while (size > 0) {
      iovec& part = parts_[first_];
      if (size < part.iov_len) {
        part.iov_base = static_cast<char*>(part.iov_base) + size;
        part.iov_len -= size;
        return;
      }
      size -= part.iov_len;
      ++first_;
    }
  }

  std::array<iovec, 5> parts_;
  std::size_t first_ = 0, count_ = 0;
  std::optional<ChunkFrame> frame_;
};

}  // namespace foretide::balancer
