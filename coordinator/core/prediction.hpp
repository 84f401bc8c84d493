// The predictor of one running service: made for what the service is now, fed with its demand step
// by step of the grid, and replaced when it no longer fits.
//
// Another lead time, capacity or bound asks for another predictor. It is grown from the past on the
// side, a few steps at a time, while the former goes on speaking; so no decision waits for it.
// Bounded: about 2 MB, twice that while one is grown.
#pragma once

#include <cstdint>
#include <optional>
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

class Prediction {
 public:
  // What was known before; in place of anything that is known now.
  void remember(DemandPast past);

  // Takes in what the series has closed; `steps_left` bounds the work and is counted down. What is
  // left waits for the next call.
  void advance(const DemandSeries& series, const PredictionNeeds& needs, int& steps_left);

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
    PredictionNeeds needs;
    PredictionGrid grid;
    DemandPredictor predictor;
    Lookout lookout;
    std::int64_t next_second = 0;            // of the series; what comes before was taken in
    std::vector<std::optional<float>> past;  // still to be taken in first, oldest first
    std::size_t past_at = 0;

    bool take_step(const DemandSeries& series);
    void add(std::optional<double> load);
    bool is_grown() const { return past_at == past.size(); }
  };
  static Made made_for(const PredictionNeeds& needs, DemandPast past, std::int64_t next_second);
  DemandPast past_for(const DemandSeries& series, std::int64_t step_seconds) const;
  std::int64_t begin_for(const DemandSeries& series, std::int64_t step_seconds) const;
  void renew(const DemandSeries& series, const PredictionNeeds& needs);

  std::optional<Made> speaking_, growing_;
  std::optional<DemandPast> remembered_;
  std::optional<Foresight> foresight_;
};

}  // namespace foretide::coordinator
