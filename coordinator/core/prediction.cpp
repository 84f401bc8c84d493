#include "coordinator/core/prediction.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace foretide::coordinator {
namespace {

// A predictor learns from no more than so many steps; older ones are only remembered.
constexpr std::size_t kLearnedFrom = 4096;
// Start times vary; for their sake alone none is made anew sooner than this.
constexpr std::int64_t kKeptForSeconds = 300;
// By how much a learned capacity may move before workers' worths are counted anew.
constexpr double kCapacityMoves = 1.05;

PredictorShape shape_for(const PredictionNeeds& needs, const PredictionGrid& grid) {
  const auto step = static_cast<double>(grid.step_seconds);
  return {.step_seconds = step,
          .lead_steps = grid.lead_steps,
          .workers_min = needs.workers_min,
          .workers_max = std::max(1U, needs.workers_max),
          .window_steps = std::llround(std::ceil(seconds_in(needs.window) / step))};
}

bool are_alike(const PredictionNeeds& one, const PredictionNeeds& other) {
  const double times = one.capacity / other.capacity;
  return one.workers_min == other.workers_min && one.workers_max == other.workers_max &&
         one.window == other.window && times < kCapacityMoves && times > 1.0 / kCapacityMoves;
}

std::optional<double> in_workers(const std::optional<float>& load, double capacity) {
  if (!load) return std::nullopt;
  return *load / capacity;
}

}  // namespace

void Prediction::Made::add(std::optional<double> load) {
  if (load) *load /= needs.capacity;
  predictor.add(load);
  lookout.adjust(predictor);
}

bool Prediction::Made::take_step(const DemandSeries& series) {
  if (!is_grown()) {
    add(past[past_at++]);
    if (is_grown()) past = {}, past_at = 0;
    return true;
  }
  if (series.end() < next_second + grid.step_seconds) return false;
  KnownMean mean;
  for (std::int64_t i = 0; i < grid.step_seconds; ++i) mean.add(series.load(next_second + i));
  add(mean.mean());
  next_second += grid.step_seconds;
  return true;
}

Prediction::Made Prediction::made_for(const PredictionNeeds& needs, DemandPast past,
                                      std::int64_t next_second) {
  const PredictionGrid grid = grid_for(needs.start);
  Made made{.needs = needs,
            .grid = grid,
            .predictor = DemandPredictor(shape_for(needs, grid)),
            .lookout = Lookout(needs.shortage),
            .next_second = next_second,
            .past = {},
            .past_at = 0};
  for (const auto& minute : past.minutes) {
    made.predictor.remember_minute(in_workers(minute, needs.capacity));
  }
  const std::size_t learned = std::min(past.steps.size(), kLearnedFrom);
  const auto from = past.steps.end() - static_cast<std::ptrdiff_t>(learned);
  for (auto step = past.steps.begin(); step != from; ++step) {
    made.predictor.remember(in_workers(*step, needs.capacity));
  }
  made.past.assign(from, past.steps.end());
  return made;
}

// The first second that is not part of the past that a new predictor begins with.
std::int64_t Prediction::begin_for(const DemandSeries& series, std::int64_t step_seconds) const {
  if (speaking_) return speaking_->next_second;
  if (remembered_) return series.first();
  return series.end() / step_seconds * step_seconds;
}

DemandPast Prediction::past_for(const DemandSeries& series, std::int64_t step_seconds) const {
  DemandPast past{.minutes = {}, .step_seconds = 1.0, .steps = {}};
  if (remembered_) past = *remembered_;
  if (speaking_) {
    past = past_of(speaking_->predictor.policies().history(), speaking_->needs.capacity);
  }
  past = in_steps_of(std::move(past), static_cast<double>(step_seconds));
  if (!past.steps.empty()) return past;
  DemandPast fine = past_of(series, step_seconds, begin_for(series, step_seconds));
  // What is known in both is taken as it is finer.
  const std::size_t twice = fine.steps.size() * static_cast<std::size_t>(step_seconds) / 60;
  past.minutes.resize(past.minutes.size() - std::min(past.minutes.size(), twice));
  fine.minutes = std::move(past.minutes);
  return fine;
}

void Prediction::remember(DemandPast past) {
  speaking_.reset();
  growing_.reset();
  foresight_.reset();
  remembered_ = std::move(past);
}

void Prediction::renew(const DemandSeries& series, const PredictionNeeds& needs) {
  const Made* newest = growing_ ? &*growing_ : speaking_ ? &*speaking_ : nullptr;
  if (newest && are_alike(newest->needs, needs)) {
    const PredictionWorth& worth = newest->predictor.worth();
    const bool is_young = newest->is_grown() && worth.has_learned() &&
                          worth.seen() * newest->grid.step_seconds < kKeptForSeconds;
    if (is_young || still_fits(newest->grid, needs.start)) return;
  }
  const std::int64_t step = grid_for(needs.start).step_seconds;
  growing_ = made_for(needs, past_for(series, step), begin_for(series, step));
}

void Prediction::advance(const DemandSeries& series, const PredictionNeeds& needs,
                         int& steps_left) {
  if (!series.known_since()) return;
  renew(series, needs);
  for (auto* made : {&speaking_, &growing_}) {
    if (!*made) continue;
    if ((*made)->lookout.shortage() != needs.shortage) (*made)->lookout = Lookout(needs.shortage);
    while (steps_left > 0 && (*made)->take_step(series)) {
      --steps_left;
      if (made == &speaking_) foresight_ = speaking_->lookout.foresight(speaking_->predictor);
    }
  }
  if (!growing_ || steps_left <= 0) return;
  // It has caught up: nothing was left to take in.
  speaking_ = std::move(growing_);
  growing_.reset();
  remembered_.reset();
  if (speaking_->predictor.worth().seen() > 0) {
    foresight_ = speaking_->lookout.foresight(speaking_->predictor);
  }
}

std::optional<Prediction::Learned> Prediction::learned() const {
  if (!speaking_) return std::nullopt;
  DemandPast past = past_of(speaking_->predictor.policies().history(), speaking_->needs.capacity);
  return Learned{.step_seconds = speaking_->grid.step_seconds,
                 .end_second = speaking_->next_second,
                 .loads = std::move(past.steps)};
}

Duration Prediction::step() const {
  return std::chrono::seconds(speaking_ ? speaking_->grid.step_seconds : 0);
}

Duration Prediction::ahead() const {
  return step() * (speaking_ ? speaking_->grid.lead_steps + 1 : 0);
}

}  // namespace foretide::coordinator
