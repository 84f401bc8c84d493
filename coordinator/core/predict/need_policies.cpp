#include "coordinator/core/predict/need_policies.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/check.hpp"
#include "coordinator/core/predict/moment_traits.hpp"

namespace foretide::coordinator {
namespace {

// Errors and outcomes that a policy looks back at: so many, those of 800 steps ago counting half.
constexpr int kOutcomes = 1500;
const double kOutcomeKept = std::pow(0.5, 1.0 / 800.0);
constexpr int kAnyTimeOutcomes = 6000;
constexpr double kAnyTimeKept = 0.9998;
// Of what is broader, mixed into what is narrow.
constexpr double kTrendInNarrow = 0.1, kTrendInWentOn = 0.07, kAnyTimeInWentOn = 0.03;

constexpr std::uint64_t kErrorSeed = 1, kOutcomeSeed = 2;
// Of less than half a worker nothing is a multiple: its errors are those of small numbers.
constexpr double kRootLeast = 0.7;
// A gap's steps are no larger than the largest of so many before them.
constexpr std::int64_t kFilledWithin = 288;

double squared(double root) {
  const double above = std::max(0.0, root);
  return above * above;
}

std::vector<std::int64_t> distances_for(std::int64_t last) {
  if (last > 5) return {1, std::max<std::int64_t>(2, last / 4), last / 2, last};
  std::vector<std::int64_t> all;
  for (std::int64_t distance = 1; distance <= last; ++distance) all.push_back(distance);
  return all;
}

}  // namespace

const char* name_of(Policy policy) {
  constexpr const char* kNames[] = {"trend",  "trend, wide", "alike",      "went on",
                                    "15 min", "2 h",         "season max", "in proportion"};
  return kNames[static_cast<std::size_t>(policy)];
}

NeedPolicies::NeedPolicies(const PredictorShape& shape)
    : distances_(distances_for(shape.lead_steps + 1)),
      history_(shape.step_seconds),
      calendar_(history_),
      errors_(kErrorTraits, kMarks, kErrorSeed),
      outcomes_(kOutcomeTraits, kMarks, kOutcomeSeed),
      bases_(distances_.back()),
      any_time_(shape.workers_max) {
  CHECK(shape.step_seconds >= 1.0 && shape.lead_steps >= 1 && shape.lead_steps <= kLeadStepsMax &&
            shape.workers_max >= 1,
        "who makes a predictor keeps to its bounds");
  for (const std::int64_t distance : distances_) trends_.emplace_back(distance);
  for (auto& curves : curves_) curves.assign(distances_.size(), NeedCurve(shape.workers_max));
}

void NeedPolicies::remember(std::optional<double> demand_workers) {
  CHECK(begun_at_ == history_.end(), "what is remembered comes before what is foretold");
  if (demand_workers) expected_root_ = std::sqrt(std::max(0.0, *demand_workers));
  history_.add(expected_root_, demand_workers.has_value());
  begun_at_ = history_.end();
}

void NeedPolicies::remember_minute(std::optional<double> demand_workers) {
  CHECK(begun_at_ == history_.end(), "what is remembered comes before what is foretold");
  if (demand_workers) expected_root_ = std::sqrt(std::max(0.0, *demand_workers));
  history_.add_cell(expected_root_, demand_workers.has_value());
  begun_at_ = history_.end();
}

void NeedPolicies::add(std::optional<double> demand_workers) {
  const double root = demand_workers ? std::sqrt(std::max(0.0, *demand_workers)) : expected_root_;
  history_.add(root, demand_workers.has_value());
  const std::int64_t step = history_.end() - 1;
  if (demand_workers) {
    for (TrendForecast& trend : trends_) trend.learn(step, root);
    learn_from_moments(root);
  }
  if (demand_workers && step > begun_at_) surprises_.add(trends_.front().error(step - 1));
  for (TrendForecast& trend : trends_) trend.forecast(history_, calendar_, surprises_);
  // A gap is filled with forecasts of forecasts, which must not grow without end.
  expected_root_ =
      std::min<double>(trends_.front().root(step), history_.largest(step, kFilledWithin));
  bases_.note(history_, calendar_);
  describe_moment();
  errors_.grow(step, step - distances_.back());
  // Not both in one step.
  outcomes_.grow(step + MomentForest::kGrowEvery / 2, step - distances_.back());

  draw_any_time();
  for (std::size_t distance = 0; distance < distances_.size(); ++distance) {
    draw_trend(distance);
    draw_alike(distance);
    draw_went_on(distance);
    draw_from_base(Policy::kQuarterHour, Base::kQuarterHour, distance);
    draw_from_base(Policy::kTwoHours, Base::kTwoHours, distance);
    draw_from_base(Policy::kSeason, Base::kSeason, distance);
    draw_in_proportion(distance);
  }
}

void NeedPolicies::learn_from_moments(double root) {
  const std::int64_t step = history_.end() - 1, then = step - distances_.back();
  if (then < begun_at_) return;
  const TrendForecast& trend = trends_.back();
  mark_error(trend.error(then) / std::max(1e-6, trend.width(then)), errors_.moments().learn(then));
  mark_outcome(root, history_.mean(step, 1000), outcomes_.moments().learn(then));
}

void NeedPolicies::describe_moment() {
  const std::int64_t step = history_.end() - 1;
  const bool above = history_.root(step) > 1.15 * history_.mean(step, 288) + 0.2;
  if (above != is_above_ || step == begun_at_) side_since_ = step;
  is_above_ = above;

  const MomentView now{.history = history_,
                       .calendar = calendar_,
                       .surprises = surprises_,
                       .trend = trends_.back(),
                       .side_steps = step - side_since_};
  describe_for_errors(now, errors_.moments().begin(step));
  describe_for_outcomes(now, outcomes_.moments().begin(step));
}

void NeedPolicies::draw_trend(std::size_t distance) {
  const std::int64_t step = history_.end() - 1;
  const TrendForecast& trend = trends_[distance];
  const double root = trend.root(step), width = trend.width(step);
  NeedCurve& plain = curve_of(Policy::kTrend, distance);
  NeedCurve& wide = curve_of(Policy::kTrendWide, distance);
  plain.begin();
  wide.begin();
  double weight = 1.0;
  int count = 0;
  const std::int64_t oldest = TrendForecast::oldest_kept(step);
  for (std::int64_t at = step - trend.ahead(); at >= oldest && count < kOutcomes; --at) {
    if (!trend.is_judged(at)) continue;
    plain.add(squared(root + trend.error(at)), weight);
    wide.add(squared(root + trend.error(at) / trend.width(at) * width), weight);
    weight *= kOutcomeKept;
    ++count;
  }
  if (count == 0) {
    plain.add(squared(root), 1.0);
    wide.add(squared(root), 1.0);
  }
  plain.end();
  wide.end();
  wide.mix_in(plain, kTrendInNarrow);
}

void NeedPolicies::draw_alike(std::size_t distance) {
  NeedCurve& curve = curve_of(Policy::kAlike, distance);
  if (!errors_.is_grown()) {
    curve = curve_of(Policy::kTrendWide, distance);
    return;
  }
  const std::int64_t step = history_.end() - 1;
  const TrendForecast& trend = trends_[distance];
  const double root = trend.root(step), width = trend.width(step);
  const std::int64_t oldest = TrendForecast::oldest_kept(step);
  curve.begin();
  errors_.each_alike(step, [&](std::int64_t at, double weight) {
    if (at < oldest || !trend.is_judged(at)) return;
    curve.add(squared(root + trend.error(at) / trend.width(at) * width), weight);
  });
  curve.end();
  if (curve.is_empty()) curve = curve_of(Policy::kTrendWide, distance);
  curve.mix_in(curve_of(Policy::kTrend, distance), kTrendInNarrow);
}

void NeedPolicies::draw_went_on(std::size_t distance) {
  NeedCurve& curve = curve_of(Policy::kWentOn, distance);
  const NeedCurve& trend = curve_of(Policy::kTrend, distance);
  if (!outcomes_.is_grown()) {
    curve = trend;
    return;
  }
  const std::int64_t step = history_.end() - 1, ahead = distances_[distance];
  curve.begin();
  outcomes_.each_alike(step, [&](std::int64_t at, double weight) {
    if (history_.is_known(at + ahead)) curve.add(squared(history_.root(at + ahead)), weight);
  });
  curve.end();
  if (curve.is_empty()) curve = trend;
  curve.mix_in(any_time_, kAnyTimeInWentOn);
  curve.mix_in(trend, kTrendInWentOn);
}

template <class Outcome>
void NeedPolicies::draw_since(Base base, std::size_t distance, NeedCurve& curve,
                              const Outcome& outcome) const {
  const std::int64_t step = history_.end() - 1, ahead = distances_[distance];
  curve.begin();
  double weight = 1.0;
  int count = 0;
  const std::int64_t oldest =
      std::max({std::int64_t{3}, begun_at_, TrendForecast::oldest_kept(step)});
  for (std::int64_t at = step - ahead; at >= oldest && count < kOutcomes; --at) {
    if (!history_.is_known(at + ahead)) continue;
    curve.add(squared(outcome(history_.root(at + ahead), bases_.root(base, at))), weight);
    weight *= kOutcomeKept;
    ++count;
  }
  if (count == 0) curve.add(squared(bases_.root(base, step)), 1.0);
  curve.end();
}

void NeedPolicies::draw_from_base(Policy policy, Base base, std::size_t distance) {
  const double now = bases_.root(base, history_.end() - 1);
  draw_since(base, distance, curve_of(policy, distance),
             [now](double root, double then) { return now + root - then; });
}

void NeedPolicies::draw_in_proportion(std::size_t distance) {
  constexpr Base kBase = Base::kQuarterHour;
  const double now = std::max(kRootLeast, bases_.root(kBase, history_.end() - 1));
  draw_since(kBase, distance, curve_of(Policy::kInProportion, distance),
             [now](double root, double then) { return now * root / std::max(kRootLeast, then); });
}

void NeedPolicies::draw_any_time() {
  any_time_.begin();
  double weight = 1.0;
  const std::int64_t step = history_.end() - 1;
  const std::int64_t oldest = std::max<std::int64_t>(0, step - kAnyTimeOutcomes + 1);
  for (std::int64_t at = step; at >= oldest; --at) {
    if (!history_.is_known(at)) continue;
    any_time_.add(squared(history_.root(at)), weight);
    weight *= kAnyTimeKept;
  }
  any_time_.end();
}

}  // namespace foretide::coordinator
