// Writes down what a service's decisions are made of, so that they can be made again (replay.hpp).
//
// One moment for each second that the series closes, and one for every moment that changed
// anything: the number of workers, what decisions leave behind for later ones, the settings, how
// far the predictors were fed. What lies between changes nothing, so nothing of it is needed; were
// it otherwise, the next moment would find the standing changed and say so (`decided`). A second
// takes some 55 bytes, so a day takes 5 MB; the making of a predictor up to 120 KB more.
//
// Each moment has an order number (MomentId), which a decision that is recorded elsewhere carries
// too: times alone do not tell moments apart, since a clock may be set back.
//
// Kept here are the chunk that is being written and the last few minutes, until somebody who owns a
// file has taken them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "coordinator/core/moment.hpp"
#include "coordinator/core/moment_codec.hpp"

namespace foretide::coordinator {

// A decision that has just taken effect, and what is around it.
struct MomentSeen {
  const Decided& decided;  // as it left them
  const ScaleSettings& scale;
  const DemandSeries& series;
  Prediction& prediction;
  const Situation& situation;
  const Decision& decision;
  bool is_told = false;  // the decision is recorded
};

class MomentLog {
 public:
  static constexpr std::size_t kChunksWaiting = 8;

  // Before each decision takes effect.
  void find(const Decided& decided);
  // Of the moment that is added next; asked for where the decision is recorded too, which then is.
  MomentId next(const Situation& situation);
  // After it.
  void add(const MomentSeen& seen);

  // The chunks from this number on that are still here; the last may grow yet.
  std::vector<MomentChunk> from(std::uint64_t number) const;
  std::int64_t life() const { return life_; }  // 0: nothing was written yet
  // How many are finished.
  std::uint64_t finished() const { return number_; }

 private:
  bool is_due(const MomentSeen& seen) const;
  Moment moment_of(const MomentSeen& seen);
  void add_closed(const DemandSeries& series, Moment& moment) const;
  void make_ready(const Situation& situation);
  void begin_chunk(const Situation& situation);
  bool is_full(Instant now) const;
  void finish_chunk();

  Decided left_;                           // by the last moment
  std::optional<Decided> found_;           // where that is not what is left
  std::optional<ScaleSettings> settings_;  // that were written last
  PredictionStand stand_;
  std::int64_t closed_until_ = 0;
  Instant last_at_{};

  std::int64_t life_ = 0;
  std::uint64_t number_ = 0;  // of the chunk that is written
  std::int64_t chunk_begin_ = 0;
  Instant chunk_began_{};
  std::size_t moments_ = 0;  // in it
  std::optional<MomentWriter> writer_;
  std::deque<MomentChunk> waiting_;  // finished ones, newest last
};

}  // namespace foretide::coordinator
