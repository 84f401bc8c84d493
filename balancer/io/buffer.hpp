// Memory for bytes on their way: blocks of 20 KiB from a free list of the thread: a body of 16 KiB,
// as many programs send it at once, and its head together. A connection
// holds one only while there is something in it; one that waits holds none.
//
// All threads' pools may share a budget (block_budget.hpp). A pool does not keep to it by itself:
// who is about to begin something, or to take much, asks whether it is short or spent.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "balancer/io/block_budget.hpp"

namespace foretide::balancer {

class BufferPool {
 public:
  struct Unmap {
    void operator()(char* block) const { ::munmap(block, kBlockSize); }
  };
  using Block = std::unique_ptr<char[], Unmap>;
  static constexpr std::size_t kClaimedAtOnce = 16;  // of the budget

  // Before the first is taken.
  void set_budget(std::shared_ptr<BlockBudget> budget) { budget_ = std::move(budget); }
  bool is_short() const { return budget_ && budget_->is_short(); }
  bool is_spent() const { return budget_ && budget_->is_spent(); }

  Block take() {
    if (++taken_ > claimed_) [[unlikely]]
      claim();
    if (free_.empty()) return map_block();
    Block block = std::move(free_.back());
    free_.pop_back();
    return block;
  }
  void give(Block block) {
    --taken_;
    if (taken_ + 2 * kClaimedAtOnce < claimed_) [[unlikely]]
      give_back();
    if (free_.size() < kKeptMax) free_.push_back(std::move(block));
  }

  std::size_t taken() const { return taken_; }

 private:
  void claim() {
    claimed_ += kClaimedAtOnce;
    if (budget_) budget_->claim(kClaimedAtOnce);
  }
  void give_back() {
    claimed_ -= kClaimedAtOnce;
    if (budget_) budget_->give_back(kClaimedAtOnce);
  }
  // Pages of their own, so that memory of a busy hour goes back to the system and not to the heap.
  static Block map_block() {
    void* pages =
        ::mmap(nullptr, kBlockSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    return Block(static_cast<char*>(pages));
  }

  static constexpr std::size_t kKeptMax = 256;
  std::vector<Block> free_;
  std::size_t taken_ = 0, claimed_ = 0;
  std::shared_ptr<BlockBudget> budget_;
};

// A block with what has been read and not yet used: bytes from begin to end.
class Buffer {
 public:
  explicit Buffer(BufferPool& pool) : pool_(pool) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }

  void acquire() {
    if (!block_) block_ = pool_.take();
  }
  // Whatever it holds is forgotten.
  void release() {
    if (block_) pool_.give(std::move(block_));
    begin_ = end_ = 0;
  }

  char* block() const { return block_.get(); }
  char* data() const { return block_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  void consume(std::size_t size) { begin_ += size; }

  // Room to read into, behind what is there.
  std::span<char> room() {
    if (empty()) begin_ = end_ = 0;
    return {block_.get() + end_, kBlockSize - end_};
  }
  // Room behind what is there, or behind what was there last: nothing that was used is read over.
  std::span<char> behind() const {
    return block_ ? std::span<char>{block_.get() + end_, kBlockSize - end_} : std::span<char>{};
  }
  // Moves what is there to the front.
  void make_room() {
    std::copy(data(), data() + size(), block_.get());
    end_ -= begin_;
    begin_ = 0;
  }
  void add(std::size_t size) { end_ += size; }

 private:
  BufferPool& pool_;
  BufferPool::Block block_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace foretide::balancer
