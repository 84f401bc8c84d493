#include "coordinator/core/predict/need_policies.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "common/check.hpp"

namespace foretide::coordinator {
namespace {

// Errors and outcomes that a policy looks back at: so many, those of 800 steps ago counting half.
constexpr int kOutcomes = 1500;
const double kOutcomeKept = std::pow(0.5, 1.0 / 800.0);
constexpr int kAnyTimeOutcomes = 6000;
constexpr double kAnyTimeKept = 0.9998;
// Of what is broader, mixed into what is narrow.
constexpr double kTrendInNarrow = 0.1, kTrendInWentOn = 0.07, kAnyTimeInWentOn = 0.03;

constexpr std::size_t kErrorTraits = 14, kOutcomeTraits = 16, kMarks = 4;
constexpr std::uint64_t kErrorSeed = 1, kOutcomeSeed = 2;
// A gap's steps are no larger than the largest of so many before them.
constexpr std::int64_t kFilledWithin = 288;
constexpr std::int64_t kLookedThrough = 720;  // steps, for the largest of a time

double squared(double root) {
  const double above = std::max(0.0, root);
  return above * above;
}

std::int64_t steps_within(double seconds, double step_seconds, std::int64_t least,
                          std::int64_t most) {
  return std::clamp(static_cast<std::int64_t>(seconds / step_seconds), least, most);
}

std::vector<std::int64_t> distances_for(std::int64_t last) {
  if (last > 5) return {1, std::max<std::int64_t>(2, last / 4), last / 2, last};
  std::vector<std::int64_t> all;
  for (std::int64_t distance = 1; distance <= last; ++distance) all.push_back(distance);
  return all;
}

std::size_t slot(std::int64_t step) {
  return static_cast<std::size_t>(step % TrendForecast::kKept);
}

// The oldest moment of which forecasts are kept.
std::int64_t oldest_kept(std::int64_t step) {
  return std::max<std::int64_t>(0, step - TrendForecast::kKept + 1);
}

}  // namespace

const char* name_of(Policy policy) {
  constexpr const char* kNames[] = {"trend",  "trend, wide", "alike",     "went on",
                                    "15 min", "2 h",         "season max"};
  return kNames[static_cast<std::size_t>(policy)];
}

NeedPolicies::NeedPolicies(const PredictorShape& shape)
    : distances_(distances_for(shape.lead_steps + 1)),
      history_(shape.step_seconds),
      calendar_(history_),
      errors_(kErrorTraits, kMarks, kErrorSeed),
      outcomes_(kOutcomeTraits, kMarks, kOutcomeSeed),
      any_time_(shape.workers_max) {
  CHECK(shape.step_seconds >= 1.0 && shape.lead_steps >= 1 && shape.lead_steps <= kLeadStepsMax &&
            shape.workers_max >= 1,
        "who makes a predictor keeps to its bounds");
  for (const std::int64_t distance : distances_) trends_.emplace_back(distance);
  for (Bases& bases : bases_) bases.resize(static_cast<std::size_t>(TrendForecast::kKept));
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
  note_bases();
  describe_moment();
  errors_.grow(step, step - distances_.back());
  // Not both in one step.
  outcomes_.grow(step + MomentForest::kGrowEvery / 2, step - distances_.back());

  draw_any_time();
  for (std::size_t distance = 0; distance < distances_.size(); ++distance) {
    draw_trend(distance);
    draw_alike(distance);
    draw_went_on(distance);
    draw_from_base(Policy::kQuarterHour, bases_[0], distance);
    draw_from_base(Policy::kTwoHours, bases_[1], distance);
    draw_from_base(Policy::kSeason, bases_[2], distance);
  }
}

// How the moment a lead time ago went on: the error of the forecast made then, and how large demand
// became. The marks beside each say whether it was large, very large and enormous, so that trees
// part moments by what is dangerous and not by the mean alone.
void NeedPolicies::learn_from_moments(double root) {
  const std::int64_t step = history_.end() - 1, then = step - distances_.back();
  if (then < begun_at_) return;
  const TrendForecast& trend = trends_.back();
  const auto error = static_cast<float>(
      std::clamp(trend.error(then) / std::max(1e-6, trend.width(then)), -4.0, 6.0));
  const auto of_error = errors_.moments().learn(then);
  of_error[0] = 0.5F * error;
  of_error[1] = error > 0.8F ? 1.0F : 0.0F;
  of_error[2] = error > 1.8F ? 1.4F : 0.0F;
  of_error[3] = error > 3.0F ? 2.0F : 0.0F;

  const double usual = history_.mean(step, 1000);
  const auto of_outcome = outcomes_.moments().learn(then);
  of_outcome[0] = static_cast<float>(root);
  of_outcome[1] = root > 1.3 * usual ? 1.0F : 0.0F;
  of_outcome[2] = root > 1.7 * usual ? 1.3F : 0.0F;
  of_outcome[3] = root > 2.5 * usual ? 1.7F : 0.0F;
}

void NeedPolicies::describe_moment() {
  const std::int64_t step = history_.end() - 1, target = step + distances_.back();
  const TrendForecast& trend = trends_.back();
  const bool day = calendar_.knows_day(step), week = calendar_.knows_week(step);
  const double hour = day ? Calendar::phase(target, calendar_.day()) : 0.0;
  const double weekday = week ? Calendar::phase(target, calendar_.week()) : 0.0;
  const double wave = day ? std::sin(2.0 * std::numbers::pi * hour) : 0.0;
  const double now = history_.root(step), before = step > 0 ? history_.root(step - 1) : 0.0;
  const double level = level_at(history_, step), six_steps = history_.mean(step, 6);
  const std::int64_t yesterday = step - calendar_.day();
  const bool knows_yesterday = day && yesterday >= oldest_kept(step) && trend.is_judged(yesterday);

  const bool above = now > 1.15 * history_.mean(step, 288) + 0.2;
  if (above != is_above_ || step == begun_at_) side_since_ = step;
  is_above_ = above;

  const auto put = [](std::span<float> row, std::initializer_list<double> values) {
    std::transform(values.begin(), values.end(), row.begin(),
                   [](double value) { return static_cast<float>(value); });
  };
  put(errors_.moments().begin(step),
      {hour, wave, weekday, trend.root(step), surprises_.fast(), surprises_.slow(),
       surprises_.worst(), surprises_.last(), now - level, now - history_.mean(step, 24),
       trend.root(step) - now, trend.width(step), knows_yesterday ? trend.error(yesterday) : 0.0,
       six_steps - history_.mean(step, 48)});
  const auto season = [&](std::int64_t period, bool known) {
    const std::int64_t at = target - period;
    return known && at + 1 <= step && history_.reaches(at - 1) ? history_.mean_around(at, 1) : 0.0;
  };
  put(outcomes_.moments().begin(step),
      {hour, wave, weekday, now, before, now - before, level, six_steps, history_.mean(step, 12),
       history_.mean(step, 48), history_.mean(step, 192), static_cast<double>(step - side_since_),
       history_.largest(step, 13), season(calendar_.day(), day), season(calendar_.week(), week),
       trend.root(step)});
}

// The largest demand from now to the end of the lead time, as it was yesterday and a week ago.
double NeedPolicies::season_max(std::int64_t step) const {
  double most = level_at(history_, step);
  for (const std::int64_t period : {calendar_.day(), calendar_.week()}) {
    if (period <= 1 || step - period < 1 || !history_.reaches(step - period + 1)) continue;
    const std::int64_t end = std::min(step, step - period + distances_.back() + 1);
    for (std::int64_t at = step - period + 1; at <= end; ++at) {
      most = std::max(most, history_.mean_around(at, 0));
    }
  }
  return most;
}

void NeedPolicies::note_bases() {
  const std::int64_t step = history_.end() - 1;
  const double seconds = history_.step_seconds();
  const double quarter = history_.largest(step, steps_within(900, seconds, 1, kLookedThrough));
  const double two_hours = history_.largest(step, steps_within(7200, seconds, 2, kLookedThrough));
  bases_[0][slot(step)] = static_cast<float>(quarter);
  bases_[1][slot(step)] = static_cast<float>(two_hours);
  bases_[2][slot(step)] = static_cast<float>(season_max(step));
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
  const std::int64_t oldest = oldest_kept(step);
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
  const std::int64_t oldest = oldest_kept(step);
  curve.begin();
  errors_.each_alike(errors_.moments().traits_of(step), [&](std::int64_t at, double weight) {
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
  outcomes_.each_alike(outcomes_.moments().traits_of(step), [&](std::int64_t at, double weight) {
    if (history_.is_known(at + ahead)) curve.add(squared(history_.root(at + ahead)), weight);
  });
  curve.end();
  if (curve.is_empty()) curve = trend;
  curve.mix_in(any_time_, kAnyTimeInWentOn);
  curve.mix_in(trend, kTrendInWentOn);
}

void NeedPolicies::draw_from_base(Policy policy, const Bases& bases, std::size_t distance) {
  NeedCurve& curve = curve_of(policy, distance);
  const std::int64_t step = history_.end() - 1, ahead = distances_[distance];
  const double base = bases[slot(step)];
  curve.begin();
  double weight = 1.0;
  int count = 0;
  const std::int64_t oldest = std::max({std::int64_t{3}, begun_at_, oldest_kept(step)});
  for (std::int64_t at = step - ahead; at >= oldest && count < kOutcomes; --at) {
    if (!history_.is_known(at + ahead)) continue;
    curve.add(squared(base + history_.root(at + ahead) - bases[slot(at)]), weight);
    weight *= kOutcomeKept;
    ++count;
  }
  if (count == 0) curve.add(squared(base), 1.0);
  curve.end();
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
