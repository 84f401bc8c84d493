// Bytes that wait to be taken, in blocks of the thread's pool: first in, first out. Holds no block
// while it is empty. Whoever fills it keeps it within a bound.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <utility>

#include "balancer/io/buffer.hpp"

namespace foretide::balancer {

class ByteQueue {
 public:
  explicit ByteQueue(BufferPool& pool) : pool_(pool) {}
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;
  ~ByteQueue() { clear(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void append(const char* bytes, std::size_t size) {
    while (size > 0) {
      if (blocks_.empty() || end_ == kBlockSize) {
        blocks_.push_back(pool_.take());
        end_ = 0;
      }
      const auto piece = std::min(size, kBlockSize - end_);
      std::memcpy(blocks_.back().get() + end_, bytes, piece);
      end_ += piece;
      size_ += piece;
      bytes += piece;
      size -= piece;
    }
  }

  // Moves up to `most` bytes out.
  std::size_t take(char* into, std::size_t most) {
    std::size_t taken = 0;
    while (taken < most && size_ > 0) {
      const auto in_block = (blocks_.size() == 1 ? end_ : kBlockSize) - begin_;
      const auto piece = std::min(most - taken, in_block);
      std::memcpy(into + taken, blocks_.front().get() + begin_, piece);
      taken += piece;
      size_ -= piece;
      begin_ += piece;
      if (piece == in_block) drop_first();
    }
    return taken;
  }

  void clear() {
    while (!blocks_.empty()) drop_first();
    size_ = 0;
  }

 private:
  void drop_first() {
    pool_.give(std::move(blocks_.front()));
    blocks_.pop_front();
    begin_ = 0;
  }

  BufferPool& pool_;
  std::deque<BufferPool::Block> blocks_;
  std::size_t begin_ = 0;  // in the first
  std::size_t end_ = 0;    // in the last
  std::size_t size_ = 0;
};

}  // namespace foretide::balancer
