#include "coordinator/core/moment_log.hpp"

#include <algorithm>

namespace foretide::coordinator {
namespace {

// Where no second is closed, because no balancer reports.
constexpr Duration kEvery = std::chrono::milliseconds(1500);
constexpr Duration kChunkLength = std::chrono::minutes(1);
constexpr std::size_t kChunkFullBytes = 1 << 20, kChunkFullUnfolded = 16 << 20;
// So many chunks apart the settings are said again: what is older may be gone.
constexpr std::uint64_t kSettingsEvery = 15;

}  // namespace

void MomentLog::find(const Decided& decided) {
  found_.reset();
  if (!(decided == left_)) found_ = decided;
}

bool MomentLog::is_due(const MomentSeen& seen) const {
  return found_ || seen.is_told || !(seen.decided == left_) || seen.prediction.stand() != stand_ ||
         seen.series.end() != closed_until_ || plain_settings(seen.scale) != settings_ ||
         seen.situation.now - last_at_ >= kEvery;
}

void MomentLog::add_closed(const DemandSeries& series, Moment& moment) const {
  std::int64_t from = closed_until_;
  if (moment.making) from = std::min(from, moment.making->next_second);
  for (std::int64_t second = std::max(from, series.first()); second < series.end(); ++second) {
    moment.closed.push_back({second, series.load(second)});
  }
}

Moment MomentLog::moment_of(const MomentSeen& seen) {
  Moment moment{.closed = {},
                .making = seen.prediction.take_making(),
                .stand = seen.prediction.stand(),
                .situation = seen.situation,
                .settings = {},
                .decided = found_,
                .verdict = verdict_of(seen.decision)};
  moment.situation.foresight.reset();
  add_closed(seen.series, moment);
  ScaleSettings settings = plain_settings(seen.scale);
  const bool is_anew = moments_ == 0 && number_ % kSettingsEvery == 0;
  if (is_anew || moment.making || settings != settings_) moment.settings = std::move(settings);
  return moment;
}

void MomentLog::begin_chunk(const Situation& situation) {
  chunk_begin_ = situation.wall.time_since_epoch().count();
  chunk_began_ = situation.now;
  if (life_ == 0) life_ = std::max<std::int64_t>(chunk_begin_, 1);
  writer_.emplace(left_);
  moments_ = 0;
}

bool MomentLog::is_full(Instant now) const {
  return now - chunk_began_ >= kChunkLength || moments_ >= kChunkMomentsMax ||
         writer_->bytes().size() >= kChunkFullBytes || writer_->unfolded() >= kChunkFullUnfolded;
}

void MomentLog::finish_chunk() {
  waiting_.push_back({life_, number_, chunk_begin_, writer_->bytes()});
  if (waiting_.size() > kChunksWaiting) waiting_.pop_front();
  writer_.reset();
  ++number_;
}

// There is a chunk with room for a moment.
void MomentLog::make_ready(const Situation& situation) {
  if (writer_ && is_full(situation.now)) finish_chunk();
  if (!writer_) begin_chunk(situation);
}

MomentId MomentLog::next(const Situation& situation) {
  make_ready(situation);
  return MomentChunk{.life = life_, .number = number_, .begin = {}, .bytes = {}}.id(moments_);
}

void MomentLog::add(const MomentSeen& seen) {
  if (!is_due(seen)) return;
  make_ready(seen.situation);
  const Moment moment = moment_of(seen);
  writer_->add(moment);
  ++moments_;
  if (moment.settings) settings_ = moment.settings;
  stand_ = moment.stand;
  closed_until_ = seen.series.end();
  last_at_ = seen.situation.now;
  if (!(seen.decided == left_)) left_ = seen.decided;
}

std::vector<MomentChunk> MomentLog::from(std::uint64_t number) const {
  std::vector<MomentChunk> chunks;
  for (const MomentChunk& chunk : waiting_) {
    if (chunk.number >= number) chunks.push_back(chunk);
  }
  if (writer_) chunks.push_back({life_, number_, chunk_begin_, writer_->bytes()});
  return chunks;
}

}  // namespace foretide::coordinator
