// The other way to move a prediction on: as a record says that it went.
#include "coordinator/core/prediction.hpp"

namespace foretide::coordinator {
namespace {
// Between two moments no predictor takes in more: the past that it learns from, and the longest
// series. A record that says otherwise is damaged.
constexpr std::int64_t kStepsMost = 16'384;
}  // namespace

PredictionStand Prediction::stand() const {
  PredictionStand stand{.foreseen_by = foreseen_by_, .foreseen_steps = foreseen_steps_};
  if (speaking_) stand.speaking = speaking_->number, stand.speaking_steps = speaking_->steps;
  if (growing_) stand.growing = growing_->number, stand.growing_steps = growing_->steps;
  return stand;
}

void Prediction::make(const PredictionMaking& making) {
  growing_ = made_of(making);
}

// Takes in steps, and looks where the record did.
bool Prediction::feed(Made& made, std::int64_t steps, const PredictionStand& stand,
                      const DemandSeries& series) {
  const auto look_if_due = [&] {
    const bool is_there = made.number == stand.foreseen_by && made.steps == stand.foreseen_steps;
    if (is_there && (foreseen_by_ != made.number || foreseen_steps_ != made.steps)) look(made);
  };
  if (steps - made.steps > kStepsMost) return false;
  look_if_due();
  while (made.steps < steps) {
    if (!made.take_step(series)) return false;
    look_if_due();
  }
  return made.steps == steps;
}

bool Prediction::follow(const PredictionStand& stand, const DemandSeries& series, double shortage) {
  if (stand.speaking == 0) speaking_.reset();
  if (stand.foreseen_by == 0) {
    foresight_.reset();
    foreseen_by_ = 0;
    foreseen_steps_ = 0;
  }
  aim(shortage);
  bool follows = true;
  if (stand.speaking != 0 && growing_ && growing_->number == stand.speaking) {
    // Until then the former was fed, and its last word may be in force still.
    const bool is_former = speaking_ && speaking_->number == stand.foreseen_by;
    if (is_former) follows = feed(*speaking_, stand.foreseen_steps, stand, series);
    speak_up();
  }
  // It was switched off, or another shape is wanted: what was growing was dropped.
  if (stand.growing == 0) growing_.reset();
  // One whose making is not in the record is not missed once another speaks.
  const std::uint64_t speaking = speaking_ ? speaking_->number : 0;
  if (speaking != stand.speaking) {
    follows = false;
  } else if (speaking_) {
    follows = feed(*speaking_, stand.speaking_steps, stand, series) && follows;
  }
  const std::uint64_t growing = growing_ ? growing_->number : 0;
  if (growing != stand.growing) {
    growing_.reset();
    follows = false;
  } else if (growing_) {
    follows = feed(*growing_, stand.growing_steps, stand, series) && follows;
  }
  return follows && foreseen_by_ == stand.foreseen_by && foreseen_steps_ == stand.foreseen_steps;
}

}  // namespace foretide::coordinator
