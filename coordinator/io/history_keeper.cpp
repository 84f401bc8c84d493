#include "coordinator/io/history_keeper.hpp"

#include <cstdlib>
#include <utility>

#include "coordinator/io/capacity_json.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::int64_t kEverySeconds = 10, kStepsEverySeconds = 300;
// A clock that was set by less than this goes on as it was.
constexpr std::int64_t kClockMoves = 2;

std::int64_t seconds_of(WallTime wall) {
  return std::chrono::floor<std::chrono::seconds>(wall).time_since_epoch().count();
}

}  // namespace

Result<HistoryKeeper> HistoryKeeper::open(const std::string& path, WallTime now) {
  auto history = History::open(path);
  if (!history) return Error{history.error()};
  if (Outcome trimmed = (*history)->trim(seconds_of(now)); !trimmed) return Error{trimmed.error()};
  return HistoryKeeper(std::move(*history));
}

void HistoryKeeper::fix_clock(Instant now, WallTime wall) {
  const std::int64_t before = seconds_of(wall) - DemandSeries::second_of(now);
  if (!wall_before_ || std::abs(before - *wall_before_) >= kClockMoves) wall_before_ = before;
}

Outcome HistoryKeeper::keep_seconds(const ServiceRecord& service, Kept& kept) {
  Outcome done = history_->add(service.id, rows_for(service, kept.until_second, *wall_before_));
  if (done) kept.until_second = service.series.end();
  return done;
}

Outcome HistoryKeeper::keep_capacity(const ServiceRecord& service) {
  if (service.capacity.kinds.empty()) return Done{};
  return history_->keep_capacity(service.id, text_for(service.capacity));
}

Outcome HistoryKeeper::keep_steps(const ServiceRecord& service) {
  const auto steps = steps_for(service, *wall_before_);
  if (!steps) return Done{};
  return history_->keep_steps(service.id, *steps);
}

// Those that the file does not have in full, oldest first; the last may grow yet.
std::vector<MomentChunk> HistoryKeeper::unkept(const ServiceRecord& service, const Kept& kept) {
  const MomentLog& log = service.moments;
  return log.from(kept.moments_life == log.life() ? kept.moments_until : 0);
}

Outcome HistoryKeeper::keep_moments(const ServiceRecord& service, Kept& kept) {
  const std::vector<MomentChunk> chunks = unkept(service, kept);
  if (chunks.empty()) return Done{};
  const std::uint64_t finished = service.moments.finished();
  const bool is_growing_only = chunks.size() == 1 && chunks.back().number >= finished;
  MomentTable& table = history_->moments();
  Outcome done = is_growing_only ? table.keep_growing(service.id, chunks.back(), FORETIDE_VERSION)
                                 : table.keep(service.id, chunks, FORETIDE_VERSION);
  if (done) {
    kept.moments_life = service.moments.life();
    kept.moments_until = finished;
  }
  return done;
}

Result<std::vector<KeptMoments>> HistoryKeeper::moments(const ServiceRecord& service,
                                                        std::int64_t after) const {
  auto stored = history_->moments().after(service.id, after);
  if (!stored) return stored;
  const auto known = kept_.find(service.id);
  std::vector<MomentChunk> rest = unkept(service, known == kept_.end() ? Kept{} : known->second);
  // What grows yet is given last and as it is now, not as it was when it was written.
  if (!rest.empty()) {
    std::erase_if(*stored, [&](const KeptMoments& one) {
      return one.chunk.life == rest.front().life && one.chunk.number >= rest.front().number;
    });
  }
  if (!stored->empty()) return stored;
  for (MomentChunk& chunk : rest) {
    stored->push_back({.id = 0, .chunk = std::move(chunk), .version = FORETIDE_VERSION});
  }
  return stored;
}

Outcome HistoryKeeper::keep(const State& state, Instant now, WallTime wall) {
  fix_clock(now, wall);
  const std::int64_t second = DemandSeries::second_of(now);
  std::int64_t turn = second;
  for (const auto& [id, service] : state.services) {
    Kept& kept = kept_.try_emplace(id, Kept{.until_second = 0, .steps_at = second}).first->second;
    if (++turn % kEverySeconds != 0) continue;
    if (Outcome done = keep_seconds(service, kept); !done) return done;
    if (Outcome done = keep_moments(service, kept); !done) return done;
    if (second - kept.steps_at < kStepsEverySeconds) continue;
    if (Outcome done = keep_steps(service); !done) return done;
    if (Outcome done = keep_capacity(service); !done) return done;
    kept.steps_at = second;
  }
  std::erase_if(kept_, [&](const auto& entry) { return !state.services.contains(entry.first); });
  return Done{};
}

Outcome HistoryKeeper::keep_all(const State& state, Instant now, WallTime wall) {
  fix_clock(now, wall);
  for (const auto& [id, service] : state.services) {
    if (Outcome done = keep_seconds(service, kept_[id]); !done) return done;
    if (Outcome done = keep_steps(service); !done) return done;
    if (Outcome done = keep_moments(service, kept_[id]); !done) return done;
    if (Outcome done = keep_capacity(service); !done) return done;
  }
  return Done{};
}

Result<std::map<ServiceId, ServicePast>> HistoryKeeper::pasts(const ClusterSettings& cluster,
                                                              WallTime wall) {
  const std::int64_t now = seconds_of(wall);
  std::map<ServiceId, ServicePast> pasts;
  for (const ServiceSettings& service : cluster.services) {
    const auto rows_of = [&](HistoryGrain grain) {
      return history_->since(service.id, grain, now - seconds_kept(grain));
    };
    const auto minutes = rows_of(HistoryGrain::kMinute);
    if (!minutes) return Error{minutes.error()};
    const auto seconds = rows_of(HistoryGrain::kSecond);
    if (!seconds) return Error{seconds.error()};
    const auto learned = history_->steps(service.id);
    if (!learned) return Error{learned.error()};
    const auto capacity = history_->capacity(service.id);
    if (!capacity) return Error{capacity.error()};
    if (auto past = service_past_of(*minutes, *seconds, *learned, now)) {
      past->capacity = learned_capacity_in(*capacity);
      pasts.emplace(service.id, std::move(*past));
    }
  }
  return pasts;
}

}  // namespace foretide::coordinator
