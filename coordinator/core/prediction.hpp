// The predictor of one running service: made for what the service is now, fed with its demand step
// by step of the grid, and replaced when it no longer fits.
//
// Another lead time, capacity or bound asks for another predictor. It is grown from the past on the
// side, a few steps at a time, while the former goes on speaking; so no decision waits for it. One
// that has spoken for half a day is grown anew likewise, a step at a time, so that a log of the
// last day (see moment_log.hpp) always has what a predictor was made of: from its making and the
// seconds that came since it follows exactly, and so a replay has the very same foresight, bit for
// bit. Bounded: about 2 MB, twice that while one is grown.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "coordinator/core/demand_past.hpp"
#include "coordinator/core/demand_series.hpp"
#include "coordinator/core/predict/lookout.hpp"
#include "coordinator/core/prediction_grid.hpp"

namespace foretide::coordinator {

// What a predictor is made for.
struct PredictionNeeds {
  Duration start{};       // from asking for a worker until it is ready
  double capacity = 1.0;  // load that one worker serves
  std::uint32_t workers_min = 0, workers_max = 10;
  Duration window{};  // of the reactive rules
  double shortage = 0.01;
};

// All that a predictor is made of.
struct PredictionMaking {
  std::uint64_t number = 0;  // of this life, from 1
  PredictionNeeds needs;
  std::int64_t next_second = 0;  // of the series: the first that it is fed
  DemandPast past;
  std::optional<PricesLearned> prices;  // by the former, up to next_second
};

// How far the predictors were fed, in steps since they were made, by the number of their making; 0
// is none.
struct PredictionStand {
  std::uint64_t speaking = 0, growing = 0, foreseen_by = 0;
  std::int64_t speaking_steps = 0, growing_steps = 0;
  std::int64_t foreseen_steps = 0;  // at which the foresight in force was made
  friend bool operator==(const PredictionStand&, const PredictionStand&) = default;
};

class Prediction {
 public:
  // After this long one is made anew.
  static constexpr std::int64_t kMadeAnewSeconds = 12 * 3600;

  // What was known before; in place of anything that is known now.
  void remember(DemandPast past);

  // The one that speaks takes in what the series has closed, and another is begun if need be;
  // `steps_left` bounds the work and is counted down. What is left waits for the next call.
  void listen(const DemandSeries& series, const PredictionNeeds& needs, int& steps_left);
  // The one that grows likewise; in the end it speaks.
  void grow(const DemandSeries& series, int& steps_left);
  void advance(const DemandSeries& series, const PredictionNeeds& needs, int& steps_left) {
    listen(series, needs, steps_left);
    grow(series, steps_left);
  }

  // It is switched off: nothing of it is left but the count of makings.
  void forget();

  PredictionStand stand() const;
  // The last making, once, for whoever writes it down.
  std::optional<PredictionMaking> take_making() { return std::exchange(making_, std::nullopt); }

  // In place of `advance`, from the record of another run: begins to grow one as it was made there,
  // and feeds all of them as far as they were there. False when that cannot be, because the series
  // or the makings are not those of that run.
  void make(const PredictionMaking& making);
  bool follow(const PredictionStand& stand, const DemandSeries& series, double shortage);

  // The steps that it last learned from, to be remembered by another life; and the second of the
  // series where they end.
  struct Learned {
    std::int64_t step_seconds = 1, end_second = 0;
    std::vector<std::optional<float>> loads;
  };
  std::optional<Learned> learned() const;

  // It knows nothing, and nothing was remembered for it.
  bool is_empty() const { return !speaking_ && !growing_ && !remembered_; }
  // At the last step that was taken in; nothing before the first.
  const std::optional<Foresight>& foresight() const { return foresight_; }
  // Of the grid in use, and how far ahead it looks.
  Duration step() const;
  Duration ahead() const;
  // The first second that was not taken in.
  std::int64_t next_second() const { return speaking_ ? speaking_->next_second : 0; }

 private:
  // One predictor, what it was made for, and where it stands.
  struct Made {
    std::uint64_t number = 0;
    PredictionNeeds needs;
    PredictionGrid grid;
    DemandPredictor predictor;
    Lookout lookout;
    std::int64_t next_second = 0;            // of the series; what comes before was taken in
    std::vector<std::optional<float>> past;  // still to be taken in first, oldest first
    std::size_t past_at = 0;
    std::optional<PricesLearned> prices;  // to be recalled when the past was taken in
    std::int64_t steps = 0;               // taken in so far
    std::int64_t made_after = 0;          // the series' end then
    bool in_no_hurry = false;             // the former will do as long as it takes

    bool take_step(const DemandSeries& series);
    void add(std::optional<double> load);
    void end_past();
    bool is_grown() const { return past_at == past.size(); }
  };
  static Made made_of(const PredictionMaking& making);
  DemandPast past_for(const DemandSeries& series, std::int64_t step_seconds) const;
  std::int64_t begin_for(const DemandSeries& series, std::int64_t step_seconds) const;
  std::optional<PricesLearned> prices_for(const PredictionNeeds& needs) const;
  const Made* newest() const;
  bool fits(const PredictionNeeds& needs, std::int64_t now) const;
  bool catch_up(Made& made, const DemandSeries& series, int& steps_left);
  void renew(const DemandSeries& series, const PredictionNeeds& needs);
  void aim(double shortage);
  void speak_up();
  void look(const Made& made);
  bool feed(Made& made, std::int64_t steps, const PredictionStand& stand,
            const DemandSeries& series);

  std::optional<Made> speaking_, growing_;
  std::optional<DemandPast> remembered_;
  std::optional<Foresight> foresight_;
  std::uint64_t foreseen_by_ = 0;
  std::int64_t foreseen_steps_ = 0;
  std::uint64_t makings_ = 0;
  std::optional<PredictionMaking> making_;  // until it is taken
};

}  // namespace foretide::coordinator
