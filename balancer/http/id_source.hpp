// Draws the ids that a request is given (trace_fields.hpp): xoshiro256** of Blackman and Vigna,
// "Scrambled Linear Pseudorandom Number Generators", 2018, with all its 256 bits from the system's
// own source. Ids of two threads or hosts meet by chance only; they are not secret, and whoever has
// seen a few can foresee the next.
//
// One thread's.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <random>

#include "balancer/http/trace_fields.hpp"

namespace foretide::balancer {

class IdSource {
 public:
  IdSource() {
    std::random_device system;
    for (std::uint64_t& word : state_) {
      word = (std::uint64_t{system()} << 32) | system();
    }
    state_[0] |= 1;  // all zeros would stay zeros
  }

  DrawnIds draw() { return {next(), next(), next()}; }

 private:
  std::uint64_t next() {
    const std::uint64_t drawn = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return drawn;
  }

  std::array<std::uint64_t, 4> state_;
};

}  // namespace foretide::balancer
