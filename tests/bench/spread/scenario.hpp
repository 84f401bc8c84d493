// The uneven workers that choosing is measured with, in the model and on sockets alike.
//
// Sixteen workers serve one request at a time (or four). A request brings its work along:
// log-normal with sigma 1, 20 ms in the mean. Work is done at a worker's speed at that moment: (a)
// four of the workers are three times slower, (b) four drop to a third every other two seconds, (c)
// all are even. What is offered is 75 % of what they can do in the mean: 500 requests a second in
// (a).
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace foretide::spread {

inline constexpr int kWorkers = 16, kUneven = 4;
inline constexpr double kWorkSeconds = 0.020, kOffered = 0.75, kSlowSpeed = 1.0 / 3.0,
                        kPhaseSeconds = 2.0;

enum class Unevenness : char { kSlow = 'a', kChanging = 'b', kEven = 'c' };

struct Scenario {
  Unevenness unevenness = Unevenness::kEven;
  int slots = 1;
};
inline constexpr std::array<Scenario, 6> kScenarios{{{Unevenness::kSlow, 1},
                                                     {Unevenness::kChanging, 1},
                                                     {Unevenness::kEven, 1},
                                                     {Unevenness::kSlow, 4},
                                                     {Unevenness::kChanging, 4},
                                                     {Unevenness::kEven, 4}}};

// When a worker is done with so much work that it begins at `seconds`.
inline double done_at(Unevenness unevenness, int worker, double seconds, double work) {
  if (worker >= kUneven || unevenness == Unevenness::kEven) return seconds + work;
  if (unevenness == Unevenness::kSlow) return seconds + work / kSlowSpeed;
  for (;;) {
    const double phase = std::fmod(seconds, 2 * kPhaseSeconds);
    const double speed = phase < kPhaseSeconds ? 1.0 : kSlowSpeed;
    // A little beyond the edge, so that rounding cannot keep it where it is.
    const double edge =
        seconds - phase + (phase < kPhaseSeconds ? kPhaseSeconds : 2 * kPhaseSeconds) + 1e-9;
    if (work <= (edge - seconds) * speed) return seconds + work / speed;
    work -= (edge - seconds) * speed;
    seconds = edge;
  }
}

// Requests a second.
inline double offered(const Scenario& scenario) {
  double speed = kWorkers;
  if (scenario.unevenness == Unevenness::kSlow) speed -= kUneven * (1.0 - kSlowSpeed);
  if (scenario.unevenness == Unevenness::kChanging) speed -= kUneven * (1.0 - kSlowSpeed) / 2.0;
  return kOffered * speed * scenario.slots / kWorkSeconds;
}

// splitmix64: the same numbers everywhere.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  double uniform() {  // between 0 and 1, neither of them
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    mixed ^= mixed >> 31;
    return (static_cast<double>(mixed >> 11) + 0.5) / 9007199254740992.0;
  }
  double exponential(double mean) { return -mean * std::log(uniform()); }
  double log_normal(double mean, double sigma) {
    const double normal =
        std::sqrt(-2.0 * std::log(uniform())) * std::cos(2.0 * 3.14159265358979 * uniform());
    return mean * std::exp(sigma * normal - sigma * sigma / 2.0);
  }

 private:
  std::uint64_t state_;
};

}  // namespace foretide::spread
