// One user's goal upon a predictor, and what follows from it: how many workers to ask for now, what
// is expected, and whether prediction should be listened to at all.
//
// Any number of lookouts may stand upon one predictor, since demand is the same whatever they say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coordinator/core/predict/demand_predictor.hpp"

namespace foretide::coordinator {

// What prediction says at one moment. Demand is in workers' worths, as they were when the predictor
// was made: what a worker is worth may have changed since, and another predictor may be growing.
struct Foresight {
  enum class Standing { kLearning, kPays, kDoesNotPay };
  Standing standing = Standing::kLearning;
  std::uint32_t workers = 0;
  double expected = 0.0;  // when a worker asked for now begins to serve
  double price = 0.0;     // of a worker's worth of demand that finds none
  Policy policy{};        // that counted for most
  std::int64_t steps_seen = 0, learned_after = 0;
  // More than this was not to be expected of the next step.
  std::uint32_t workers_thinkable = 0;
  PredictionWorth::Bill bill, reactive_bill;  // over the last steps, with prediction and without
  double capacity = 1.0;                      // load that one of these workers serves
  // The second of the series from which on it is too old to be listened to; absent: never.
  std::optional<std::int64_t> holds_until;

  double load() const { return expected * capacity; }
  // So many of these workers, in workers that serve a load of `each`.
  std::uint32_t in_workers_of(double each, std::uint32_t count) const;
};

class Lookout {
 public:
  explicit Lookout(double shortage) : aim_(shortage), shortage_(shortage) {}

  double shortage() const { return shortage_; }
  const ShortageAim& aim() const { return aim_; }
  void recall(const ShortageAim::Memory& aim) { aim_.recall(aim); }
  // Once a step, after the predictor has taken it in.
  void adjust(const DemandPredictor& predictor);
  Foresight foresight(const DemandPredictor& predictor) const;

 private:
  ShortageAim aim_;
  double shortage_;
  bool pays_ = true;
};

// A sentence with the figures: why prediction is on, off, or learning.
std::string text_of(const Foresight& foresight);

}  // namespace foretide::coordinator
