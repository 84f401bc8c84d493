// Takes the price of a shortage at which the user gets the shortage that he asked for: of the
// shadow runs at all prices, the cheapest whose own share of demand unserved meets it.
//
// Which price that is differs from service to service a hundredfold and cannot be known before. The
// shares are means over all that was seen, in which a step counts the more the later it came: what
// was unserved before anything was known must not be paid for the rest of a service's life.
//
// Nor must a flash crowd that nobody could foresee. For an aim of 1 % no price above 90 is looked
// at; what even that leaves unserved is taken as given, and at least half of the aim may be spent
// beside it. Without this one spike of thirty times the mean doubles the cost of the weeks after
// it, and still does not catch the next. Nor is a price below 2 looked at, however long all went
// well: who wants to be short once in a thousand steps learns too little from the last thousand.
//
// What is then taken is the mean of what was right so far, of late counting more (Polyak and
// Juditsky, "Acceleration of stochastic approximation by averaging", 1992): which price is right
// hardly changes, but a few rare events decide what seems to be, and whoever follows each of them
// pays too much after it and too little before the next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "coordinator/core/predict/policy_mix.hpp"

namespace foretide::coordinator {

class ShadowShares {
 public:
  // All that is remembered.
  struct Memory {
    std::array<double, kPrices> unserved{};  // sums, in which what came later weighs more
    double demand = 0.0;
    std::int64_t steps = 0;
  };
  ShadowShares() = default;
  // Goes on where that one was: until a step is known the shares are those of its last.
  explicit ShadowShares(const Memory& memory);
  const Memory& memory() const { return memory_; }

  // Once a step, after the mix.
  void add(std::optional<double> demand_workers, const PolicyMix& mix);
  // Of each price's run; falling from price to price.
  const std::array<double, kPrices>& unserved() const { return shares_; }

 private:
  void take_shares();

  Memory memory_;
  std::array<double, kPrices> shares_{};  // of the last step that was known
};

class ShortageAim {
 public:
  // What was right so far.
  struct Memory {
    std::int64_t steps = 0;
    std::uint64_t right = 0;  // the level, by all that was seen; kept until another is clearly so
    double mean = 0.0;        // of what was right
  };
  explicit ShortageAim(double shortage);
  const Memory& memory() const { return memory_; }
  void recall(const Memory& memory);

  // Once a step.
  void adjust(const ShadowShares& shares);
  std::size_t level() const { return level_; }

 private:
  std::size_t right_now(const ShadowShares& shares) const;
  void take_mean();

  double shortage_;
  std::size_t cheapest_ = 0, dearest_ = 0, level_ = 0;
  Memory memory_;
};

// What a predictor has learned of prices, which takes longer than anything else: to be carried over
// into one that is grown anew from a shorter past.
struct PricesLearned {
  ShadowShares::Memory shares;
  ShortageAim::Memory aim;
};

}  // namespace foretide::coordinator
