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
// A foresight holds for a few steps, and as many seconds as reports may be late.
constexpr std::int64_t kHoldsSteps = 3, kHoldsSeconds = 5;
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

bool differ_in_capacity_alone(const PredictionNeeds& one, const PredictionNeeds& other) {
  return one.workers_min == other.workers_min && one.workers_max == other.workers_max &&
         one.window == other.window;
}

bool are_alike(const PredictionNeeds& one, const PredictionNeeds& other) {
  const double times = one.capacity / other.capacity;
  return differ_in_capacity_alone(one, other) && times < kCapacityMoves &&
         times > 1.0 / kCapacityMoves;
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

void Prediction::Made::end_past() {
  past = {};
  past_at = 0;
  if (!prices) return;
  predictor.recall(prices->shares);
  if (lookout.shortage() == needs.shortage) lookout.recall(prices->aim);
  prices.reset();
}

bool Prediction::Made::take_step(const DemandSeries& series) {
  if (!is_grown()) {
    ++steps;
    add(past[past_at++]);
    if (is_grown()) end_past();
    return true;
  }
  if (series.end() < next_second + grid.step_seconds) return false;
  KnownMean mean;
  for (std::int64_t i = 0; i < grid.step_seconds; ++i) mean.add(series.load(next_second + i));
  ++steps;
  add(mean.mean());
  next_second += grid.step_seconds;
  return true;
}

Prediction::Made Prediction::made_of(const PredictionMaking& making) {
  const PredictionNeeds& needs = making.needs;
  const PredictionGrid grid = grid_for(needs.start);
  Made made{.number = making.number,
            .needs = needs,
            .grid = grid,
            .predictor = DemandPredictor(shape_for(needs, grid)),
            .lookout = Lookout(needs.shortage),
            .next_second = making.next_second,
            .past = {},
            .past_at = 0,
            .prices = making.prices};
  for (const auto& minute : making.past.minutes) {
    made.predictor.remember_minute(in_workers(minute, needs.capacity));
  }
  const auto& steps = making.past.steps;
  const std::size_t learned = std::min(steps.size(), kLearnedFrom);
  const auto from = steps.end() - static_cast<std::ptrdiff_t>(learned);
  for (auto step = steps.begin(); step != from; ++step) {
    made.predictor.remember(in_workers(*step, needs.capacity));
  }
  made.past.assign(from, steps.end());
  if (made.is_grown()) made.end_past();
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

void Prediction::forget() {
  speaking_.reset();
  growing_.reset();
  remembered_.reset();
  foresight_.reset();
  foreseen_by_ = 0;
  foreseen_steps_ = 0;
}

void Prediction::remember(DemandPast past) {
  forget();
  remembered_ = std::move(past);
}

const Prediction::Made* Prediction::newest() const {
  return growing_ ? &*growing_ : speaking_ ? &*speaking_ : nullptr;
}

// The newest predictor will do for these needs.
bool Prediction::fits(const PredictionNeeds& needs, std::int64_t now) const {
  const Made* made = newest();
  if (!made || !are_alike(made->needs, needs)) return false;
  if (still_fits(made->grid, needs.start)) return true;
  // Its age is that of its own life: the past that it is grown from may be an hour at once. One
  // that has learned nothing yet loses nothing.
  const bool is_worth_it = !made->is_grown() || made->predictor.worth().has_learned();
  return is_worth_it && now - made->made_after < kKeptForSeconds;
}

// Of a predictor that counts in other workers or steps they would be wrong.
std::optional<PricesLearned> Prediction::prices_for(const PredictionNeeds& needs) const {
  if (!speaking_ || !are_alike(speaking_->needs, needs)) return std::nullopt;
  if (speaking_->grid != grid_for(needs.start) || speaking_->needs.shortage != needs.shortage) {
    return std::nullopt;
  }
  return PricesLearned{.shares = speaking_->predictor.shares().memory(),
                       .aim = speaking_->lookout.aim().memory()};
}

void Prediction::renew(const DemandSeries& series, const PredictionNeeds& needs) {
  const bool is_good = fits(needs, series.end());
  // What a worker is worth is learned in steps: one that is grown for the last of them speaks
  // first, or none ever would.
  if (!is_good && growing_ && differ_in_capacity_alone(growing_->needs, needs) &&
      still_fits(growing_->grid, needs.start)) {
    return;
  }
  if (is_good && series.end() - newest()->made_after < kMadeAnewSeconds) return;
  const std::int64_t step = grid_for(needs.start).step_seconds;
  making_ = PredictionMaking{.number = ++makings_,
                             .needs = needs,
                             .next_second = begin_for(series, step),
                             .past = past_for(series, step),
                             .prices = prices_for(needs)};
  growing_ = made_of(*making_);
  growing_->made_after = series.end();
  growing_->in_no_hurry = is_good;
}

void Prediction::aim(double shortage) {
  for (auto* made : {&speaking_, &growing_}) {
    if (*made && (*made)->lookout.shortage() != shortage) (*made)->lookout = Lookout(shortage);
  }
}

void Prediction::look(const Made& made) {
  foresight_ = made.lookout.foresight(made.predictor);
  foresight_->capacity = made.needs.capacity;
  foresight_->holds_until = made.next_second + kHoldsSteps * made.grid.step_seconds + kHoldsSeconds;
  foreseen_by_ = made.number;
  foreseen_steps_ = made.steps;
}

// The one that was grown takes over.
void Prediction::speak_up() {
  speaking_ = std::move(growing_);
  speaking_->in_no_hurry = false;
  growing_.reset();
  remembered_.reset();
}

// True when nothing was left to take in.
bool Prediction::catch_up(Made& made, const DemandSeries& series, int& steps_left) {
  int now = made.in_no_hurry ? std::min(steps_left, 1) : steps_left;
  while (now > 0) {
    if (!made.take_step(series)) return true;
    --now;
    --steps_left;
    if (speaking_ && &made == &*speaking_) look(made);
  }
  return false;
}

void Prediction::listen(const DemandSeries& series, const PredictionNeeds& needs, int& steps_left) {
  if (!series.known_since()) return;
  renew(series, needs);
  aim(needs.shortage);
  if (speaking_) catch_up(*speaking_, series, steps_left);
}

void Prediction::grow(const DemandSeries& series, int& steps_left) {
  if (!growing_ || !catch_up(*growing_, series, steps_left)) return;
  speak_up();
  if (speaking_->predictor.worth().seen() > 0) look(*speaking_);
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
