// What each of the last moments looked like, and how it went on: the memory of a forest. A moment
// is a row of numbers that describe it and, once that is known, a row of marks of what came after.
// The last 4,096 are kept.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace foretide::coordinator {

class Moments {
 public:
  static constexpr std::int64_t kKept = 4096;
  // A step's place among those that are kept, which says it in two bytes.
  using Slot = std::uint16_t;
  static Slot slot_of(std::int64_t step) { return static_cast<Slot>(step & (kKept - 1)); }
  // The last step up to `newest` that has this slot.
  static std::int64_t step_of(Slot slot, std::int64_t newest) {
    return newest - ((newest - slot) & (kKept - 1));
  }

  Moments(std::size_t traits, std::size_t marks)
      : traits_(traits), marks_(marks), rows_(kKept * (traits + marks)), is_known_(kKept) {}

  std::size_t traits() const { return traits_; }
  std::size_t marks() const { return marks_; }

  // Begins the moment `at`, in the place of the oldest.
  std::span<float> begin(std::int64_t at) {
    is_known_[slot(at)] = 0;
    return {row(at), traits_};
  }
  // Its marks, from here on known.
  std::span<float> learn(std::int64_t at) {
    is_known_[slot(at)] = 1;
    return {row(at) + traits_, marks_};
  }
  std::span<const float> traits_of(std::int64_t at) const { return {row(at), traits_}; }
  std::span<const float> marks_of(std::int64_t at) const { return {row(at) + traits_, marks_}; }
  bool is_known(std::int64_t at) const { return is_known_[slot(at)] != 0; }

 private:
  static_assert((kKept & (kKept - 1)) == 0 && kKept <= 65'536);
  static std::size_t slot(std::int64_t at) { return slot_of(at); }
  float* row(std::int64_t at) { return rows_.data() + slot(at) * (traits_ + marks_); }
  const float* row(std::int64_t at) const { return rows_.data() + slot(at) * (traits_ + marks_); }

  std::size_t traits_, marks_;
  std::vector<float> rows_;
  std::vector<std::uint8_t> is_known_;
};

}  // namespace foretide::coordinator
