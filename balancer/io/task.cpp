#include "balancer/io/task.hpp"

#include <array>
#include <new>

#include "common/io/log.hpp"

namespace foretide::balancer {
namespace {

constexpr std::size_t kStep = 128;      // frames are rounded up to this
constexpr std::size_t kClasses = 32;    // up to 4 KiB; larger ones go to the heap
constexpr std::size_t kKeptMax = 1024;  // of each class

struct FreeFrame {
  FreeFrame* next;
};

struct FreeFrames {
  ~FreeFrames() {
    for (auto& list : lists) {
      while (list.first != nullptr) ::operator delete(std::exchange(list.first, list.first->next));
    }
  }
  struct List {
    FreeFrame* first = nullptr;
    std::size_t size = 0;
  };
  std::array<List, kClasses> lists;
};

thread_local FreeFrames free_frames;

}  // namespace

void* take_frame(std::size_t size) {
  const std::size_t index = (size - 1) / kStep;
  if (index >= kClasses) return ::operator new(size);
  auto& list = free_frames.lists[index];
  if (list.first == nullptr) return ::operator new((index + 1) * kStep);
  --list.size;
  return std::exchange(list.first, list.first->next);
}

void give_frame(void* frame, std::size_t size) {
  const std::size_t index = (size - 1) / kStep;
  if (index >= kClasses || free_frames.lists[index].size >= kKeptMax) {
    ::operator delete(frame);
    return;
  }
  auto& list = free_frames.lists[index];
  list.first = new (frame) FreeFrame{list.first};
  ++list.size;
}

void report_escaped(std::exception_ptr error, const char* what) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    spdlog::error("{} ended by an exception: {}", what, exception.what());
  } catch (...) {
    spdlog::error("{} ended by an exception", what);
  }
}

}  // namespace foretide::balancer
