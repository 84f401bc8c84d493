// The only source of chance in the simulation: xoshiro256**, seeded by splitmix64 (Blackman and
// Vigna).
//
// Written out here because the standard library's distributions differ between implementations, and
// a seed has to tell the same story on every machine. `fork` gives an independent stream, so that
// one part drawing more numbers does not change what happens in another.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "common/time.hpp"

namespace foretide::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : words_) word = mixed(seed += 0x9e3779b97f4a7c15U);
  }

  std::uint64_t bits() {
    const std::uint64_t result = rotated(words_[1] * 5, 7) * 9;
    const std::uint64_t shifted = words_[1] << 17;
    words_[2] ^= words_[0];
    words_[3] ^= words_[1];
    words_[1] ^= words_[2];
    words_[0] ^= words_[3];
    words_[2] ^= shifted;
    words_[3] = rotated(words_[3], 45);
    return result;
  }

  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }  // [0, 1)
  double between(double low, double high) { return low + (high - low) * uniform(); }
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : bits() % bound; }
  int between_counts(int low, int high) {  // both included
    return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool chance(double probability) { return uniform() < probability; }
  double exponential(double mean) { return -mean * std::log1p(-uniform()); }
  Duration seconds_between(double low, double high) { return seconds(between(low, high)); }

  static Duration seconds(double count) { return Duration(static_cast<std::int64_t>(count * 1e9)); }

  Random fork() { return Random(bits()); }

 private:
  static std::uint64_t rotated(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  static std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  std::array<std::uint64_t, 4> words_{};
};

}  // namespace foretide::simulation
