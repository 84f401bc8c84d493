#include "coordinator/io/history_keeper.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/core/capacity.hpp"
#include "coordinator/core/traffic.hpp"
#include "coordinator/io/capacity_json.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::int64_t kEverySeconds = 10, kStepsEverySeconds = 300;
// A clock that was set by less than this goes on as it was.
constexpr std::int64_t kClockMoves = 2;
constexpr std::int64_t kMinute = 60;

using Loads = std::vector<std::optional<float>>;

std::int64_t seconds_of(WallTime wall) {
  return std::chrono::floor<std::chrono::seconds>(wall).time_since_epoch().count();
}

// The rows' demand from `from` to `to` in cells of `grain`; absent where there is no row.
Loads loads_between(const std::vector<HistoryRow>& rows, std::int64_t grain, std::int64_t from,
                    std::int64_t to) {
  Loads loads(static_cast<std::size_t>(std::max<std::int64_t>(0, (to - from) / grain)));
  for (const HistoryRow& row : rows) {
    const std::int64_t cell = (row.at - from) / grain;
    if (row.at < from || cell >= static_cast<std::int64_t>(loads.size()) || !row.demand) continue;
    loads[static_cast<std::size_t>(cell)] = static_cast<float>(*row.demand);
  }
  return loads;
}

}  // namespace

DemandPast past_of(const std::vector<HistoryRow>& minutes, const std::vector<HistoryRow>& seconds,
                   const std::optional<LearnedSteps>& learned, std::int64_t now) {
  std::int64_t begin = now - seconds_kept(HistoryGrain::kSecond);
  if (!seconds.empty()) begin = std::max(begin, seconds.front().at);
  DemandPast past{.minutes = {}, .step_seconds = 1.0, .steps = {}};
  if (learned && !learned->loads.empty() && learned->end_at > begin && learned->end_at <= now) {
    const std::int64_t step = learned->step_seconds;
    DemandPast since{.minutes = {},
                     .step_seconds = 1.0,
                     .steps = loads_between(seconds, 1, learned->end_at, now)};
    since = in_steps_of(std::move(since), static_cast<double>(step));
    past.step_seconds = static_cast<double>(step);
    past.steps = learned->loads;
    past.steps.insert(past.steps.end(), since.steps.begin(), since.steps.end());
    begin = learned->end_at - static_cast<std::int64_t>(learned->loads.size()) * step;
  } else {
    past.steps = loads_between(seconds, 1, begin, now);
  }
  if (!minutes.empty()) {
    past.minutes = loads_between(minutes, kMinute, minutes.front().at, begin);
  }
  return past;
}

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
  const std::int64_t from = std::max(kept.until_second, service.series.first());
  std::vector<HistoryRow> rows;
  for (std::int64_t second = from; second < service.series.end(); ++second) {
    HistoryRow row{.at = second + *wall_before_,
                   .demand = service.series.load(second),
                   .forecast = {},
                   .desired = static_cast<double>(service.desired.value_or(0)),
                   .ready = static_cast<double>(ready_count(service))};
    if (service.foresight && service.settings) {
      row.forecast = service.foresight->expected * capacity_of(service);
    }
    rows.push_back(row);
  }
  Outcome done = history_->add(service.id, rows);
  if (done) kept.until_second = service.series.end();
  return done;
}

Outcome HistoryKeeper::keep_capacity(const ServiceRecord& service) {
  if (service.capacity.kinds.empty()) return Done{};
  return history_->keep_capacity(service.id, text_for(service.capacity));
}

Outcome HistoryKeeper::keep_steps(const ServiceRecord& service) {
  auto learned = service.prediction.learned();
  if (!learned || learned->loads.empty()) return Done{};
  LearnedSteps steps{.step_seconds = learned->step_seconds,
                     .end_at = learned->end_second + *wall_before_,
                     .loads = std::move(learned->loads),
                     .start_times_ms = {}};
  for (const Duration start : service.start_times.times()) {
    steps.start_times_ms.push_back(std::chrono::round<std::chrono::milliseconds>(start).count());
  }
  return history_->keep_steps(service.id, steps);
}

Outcome HistoryKeeper::keep(const State& state, Instant now, WallTime wall) {
  fix_clock(now, wall);
  const std::int64_t second = DemandSeries::second_of(now);
  std::int64_t turn = second;
  for (const auto& [id, service] : state.services) {
    Kept& kept = kept_.try_emplace(id, Kept{.until_second = 0, .steps_at = second}).first->second;
    if (++turn % kEverySeconds != 0) continue;
    if (Outcome done = keep_seconds(service, kept); !done) return done;
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
    if (minutes->empty() && seconds->empty()) continue;
    ServicePast past{.demand = past_of(*minutes, *seconds, *learned, now),
                     .start_times = {},
                     .capacity = learned_capacity_in(*capacity)};
    if (*learned) {
      for (const std::int64_t start_ms : (*learned)->start_times_ms) {
        past.start_times.push_back(std::chrono::milliseconds(start_ms));
      }
    }
    pasts.emplace(service.id, std::move(past));
  }
  return pasts;
}

}  // namespace foretide::coordinator
