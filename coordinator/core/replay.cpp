#include "coordinator/core/replay.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/core/decide.hpp"
#include "coordinator/core/signals.hpp"

namespace foretide::coordinator {
namespace {

template <class Value>
void replace(Value& value, const std::optional<Value>& other) {
  if (other) value = *other;
}

// A bound that is not given gives way to one that is.
void bound(std::uint32_t& min, std::uint32_t& max, const OtherSettings& others) {
  replace(min, others.min);
  replace(max, others.max);
  if (others.max) {
    min = std::min(min, max);
  } else {
    max = std::max(min, max);
  }
}

PredictionMaking with(PredictionMaking making, const OtherSettings& others) {
  replace(making.needs.shortage, others.shortage);
  bound(making.needs.workers_min, making.needs.workers_max, others);
  return making;
}

ScaleSettings with(ScaleSettings scale, const OtherSettings& others) {
  replace(scale.shortage, others.shortage);
  bound(scale.min, scale.max, others);
  return scale;
}

}  // namespace

Replay::Replay(ServiceId service, OtherSettings others) : others_(others) {
  standing_.id = std::move(service);
}

void Replay::begin_life(const MomentChunk& chunk) {
  const ServiceId id = standing_.id;
  standing_ = {};
  standing_.id = id;
  series_ = {};
  prediction_ = {};
  runs_ = false;
  life_ = chunk.life;
  next_ = chunk.number;
}

// True when it stood so already.
bool Replay::set_to(const Decided& decided) {
  Decided& stands = standing_;
  const bool is_as_it_was = stands == decided;
  if (!is_as_it_was) stands = decided;
  return is_as_it_was;
}

// Everything but the decision.
void Replay::take(const Moment& moment) {
  for (const ClosedSecond& closed : moment.closed) series_.restore(closed.second, closed.load);
  if (moment.settings) {
    if (!standing_.settings) standing_.settings.emplace();
    standing_.settings->scale = with(*moment.settings, others_);
  }
  if (moment.making) prediction_.make(with(*moment.making, others_));
  const double shortage = standing_.settings ? standing_.settings->scale.shortage : 0.01;
  follows_ = prediction_.follow(moment.stand, series_, shortage);
}

Replayed Replay::decide(const Moment& moment) {
  if (moment.decided) {
    (void)set_to(*moment.decided);
    ++set_otherwise_;
  }
  Situation situation = moment.situation;
  situation.foresight = prediction_.foresight();
  Replayed replayed{.id = {},
                    .at = situation.wall,
                    .decision = decision_for(standing_, situation),
                    .recorded = moment.verdict,
                    .is_same = false};
  note_rises(standing_, situation, replayed.decision);
  take_effect(standing_, replayed.decision, situation.now);
  replayed.is_same = follows_ && verdict_of(replayed.decision) == moment.verdict;
  return replayed;
}

Result<std::vector<Replayed>> Replay::play(const MomentChunk& chunk) {
  const Result<MomentsRead> read = moments_in(chunk.bytes);
  if (!read) return Error{read.error()};
  if (chunk.life != life_ || chunk.number != next_) begin_life(chunk);
  ++next_;
  std::vector<Replayed> all;
  bool is_as_left = true;
  if (runs_ && !others_.any()) is_as_left = set_to(read->before);
  for (std::size_t place = 0; place < read->moments.size(); ++place) {
    const Moment& moment = read->moments[place];
    const bool is_first = place == 0;
    take(moment);
    if (!runs_ && is_first && follows_ && standing_.settings) {
      (void)set_to(read->before);
      runs_ = true;
      ++begun_;
    }
    if (runs_) {
      all.push_back(decide(moment));
      all.back().id = chunk.id(place);
      all.back().is_same = all.back().is_same && (is_as_left || !is_first);
    } else {
      ++passed_over_;
    }
  }
  return all;
}

}  // namespace foretide::coordinator
