// Several answers to one question: how is demand distributed at each of the next moments? Each
// policy has its own, none is right always, and policy_mix.hpp weighs them by what deciding by them
// would have cost.
//
//   trend         the linear forecast and its own past errors
//   trend, wide   the same, each error as wide as now is expected
//   alike         the same, but only the errors of moments that were like this one
//   went on       how demand itself went on after moments like this one
//   15 min, 2 h   the largest demand of that time (of 720 steps at most), and how far off that was
//   season max    the largest demand about this time yesterday or a week ago, likewise
//   in proportion that of a quarter of an hour, times how many times of it came: a margin that
//                 grows with demand, as flash crowds do
//
// To each a little of a broader one is mixed, for what never happened in moments like this.
//
// One step of time at a time; everything a policy looks at lies before the moment it speaks of, so
// the past replays as it was. Bounded: some 4,000 past moments each.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/core/predict/calendar.hpp"
#include "coordinator/core/predict/demand_bases.hpp"
#include "coordinator/core/predict/demand_history.hpp"
#include "coordinator/core/predict/moment_forest.hpp"
#include "coordinator/core/predict/need_curve.hpp"
#include "coordinator/core/predict/surprises.hpp"
#include "coordinator/core/predict/trend_forecast.hpp"

namespace foretide::coordinator {

enum class Policy : std::uint8_t {
  kTrend,
  kTrendWide,
  kAlike,
  kWentOn,
  kQuarterHour,
  kTwoHours,
  kSeason,
  kInProportion,
};
inline constexpr std::size_t kPolicies = 8;
const char* name_of(Policy policy);

inline constexpr std::int64_t kLeadStepsMax = 1000;

struct PredictorShape {
  double step_seconds = 60.0;  // at least 1
  // A worker asked for now serves from the step after these; at most kLeadStepsMax.
  std::int64_t lead_steps = 1;
  std::uint32_t workers_min = 1, workers_max = 10;
  // What came within so many steps the reactive rules keep served, and prediction is compared with.
  std::int64_t window_steps = 1;
  friend bool operator==(const PredictorShape&, const PredictorShape&) = default;
};

class NeedPolicies {
 public:
  explicit NeedPolicies(const PredictorShape& shape);

  // Demand from before anything was foretold, oldest first: seasons are seen in it, and what demand
  // may be at all, but no forecast was made then that could be judged.
  void remember(std::optional<double> demand_workers);
  // A minute at once; before any single step.
  void remember_minute(std::optional<double> demand_workers);

  // The demand of the next step, in workers; nothing where it is not known.
  void add(std::optional<double> demand_workers);

  const DemandHistory& history() const { return history_; }

  // For how many steps ahead there are curves, ascending from 1; the last is where a worker asked
  // for now begins to serve.
  const std::vector<std::int64_t>& distances() const { return distances_; }
  const NeedCurve& curve(Policy policy, std::size_t distance) const {
    return curves_[static_cast<std::size_t>(policy)][distance];
  }

 private:
  void describe_moment();
  // How the moment a lead time ago went on: the error of the forecast made then, and how large
  // demand became.
  void learn_from_moments(double root);
  NeedCurve& curve_of(Policy policy, std::size_t distance) {
    return curves_[static_cast<std::size_t>(policy)][distance];
  }
  void draw_trend(std::size_t distance);
  void draw_alike(std::size_t distance);
  void draw_went_on(std::size_t distance);
  void draw_from_base(Policy policy, Base base, std::size_t distance);
  void draw_in_proportion(std::size_t distance);
  // `outcome(root, base)` is what follows now from what followed a base then.
  template <class Outcome>
  void draw_since(Base base, std::size_t distance, NeedCurve& curve, const Outcome& outcome) const;
  void draw_any_time();

  std::vector<std::int64_t> distances_;
  DemandHistory history_;
  Calendar calendar_;
  Surprises surprises_;
  std::vector<TrendForecast> trends_;  // one for each distance
  MomentForest errors_, outcomes_;
  std::int64_t begun_at_ = 0;    // the first step that was not just remembered
  std::int64_t side_since_ = 0;  // the step from which on demand is above, or below, its usual
  bool is_above_ = false;
  DemandBases bases_;
  double expected_root_ = 0.0;  // of the next step
  std::array<std::vector<NeedCurve>, kPolicies> curves_;
  NeedCurve any_time_;  // the same at every distance
};

}  // namespace foretide::coordinator
