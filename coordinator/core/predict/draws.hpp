// Draws that are the same in every run and on every machine (xorshift64*; Vigna, "An experimental
// exploration of Marsaglia's xorshift generators, scrambled", 2016). Not for secrets.
#pragma once

#include <cstdint>

namespace foretide::coordinator {

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}  // not 0

  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }
  // [0, 1)
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DULL;
  }
  std::uint64_t state_;
};

}  // namespace foretide::coordinator
