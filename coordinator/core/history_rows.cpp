#include "coordinator/core/history_rows.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/core/traffic.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::int64_t kMinute = 60;

using Loads = std::vector<std::optional<float>>;

// The rows' demand from `from` to `to` in cells of `grain`; absent where there is no row. A clock
// that was once ahead leaves rows of times that are still to come: of these nothing is taken.
Loads loads_between(const std::vector<HistoryRow>& rows, std::int64_t grain, std::int64_t from,
                    std::int64_t to) {
  Loads loads(static_cast<std::size_t>(std::max<std::int64_t>(0, (to - from) / grain)));
  for (const HistoryRow& row : rows) {
    if (row.at < from || row.at >= to || !row.demand) continue;
    const auto cell = static_cast<std::size_t>((row.at - from) / grain);
    if (cell < loads.size()) loads[cell] = static_cast<float>(*row.demand);
  }
  return loads;
}

}  // namespace

std::int64_t seconds_kept(HistoryGrain grain) {
  constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;
  switch (grain) {
    case HistoryGrain::kSecond:
      return kHour;
    case HistoryGrain::kMinute:
      return 15 * kDay;
    case HistoryGrain::kHour:
      break;
  }
  return 730 * kDay;
}

std::vector<HistoryRow> rows_for(const ServiceRecord& service, std::int64_t from_second,
                                 std::int64_t wall_before) {
  std::vector<HistoryRow> rows;
  for (std::int64_t second = std::max(from_second, service.series.first());
       second < service.series.end(); ++second) {
    HistoryRow row{.at = second + wall_before,
                   .demand = service.series.load(second),
                   .forecast = {},
                   .desired = static_cast<double>(service.desired.value_or(0)),
                   .ready = static_cast<double>(ready_count(service))};
    if (service.foresight && service.settings) row.forecast = service.foresight->load();
    rows.push_back(row);
  }
  return rows;
}

std::optional<LearnedSteps> steps_for(const ServiceRecord& service, std::int64_t wall_before) {
  auto learned = service.prediction.learned();
  const bool has_learned = learned && !learned->loads.empty();
  const bool is_off =
      service.settings && service.settings->scale.predict == ScaleSettings::Predict::kOff;
  // One that is still being grown has nothing to say yet; what was kept before is better.
  if (!has_learned && (!is_off || service.start_times.count() == 0)) return std::nullopt;
  LearnedSteps steps{.step_seconds = 1, .end_at = 0, .loads = {}, .start_times_ms = {}};
  if (has_learned) {
    steps.step_seconds = learned->step_seconds;
    steps.end_at = learned->end_second + wall_before;
    steps.loads = std::move(learned->loads);
  }
  for (const Duration start : service.start_times.times()) {
    steps.start_times_ms.push_back(std::chrono::round<std::chrono::milliseconds>(start).count());
  }
  return steps;
}

DemandPast past_of(const std::vector<HistoryRow>& minutes, const std::vector<HistoryRow>& seconds,
                   const std::optional<LearnedSteps>& learned, std::int64_t now) {
  std::int64_t begin = now - seconds_kept(HistoryGrain::kSecond);
  if (!seconds.empty()) begin = std::max(begin, std::min(seconds.front().at, now));
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
    const std::int64_t oldest = now - seconds_kept(HistoryGrain::kMinute);
    past.minutes = loads_between(minutes, kMinute, std::max(minutes.front().at, oldest), begin);
  }
  return past;
}

std::optional<ServicePast> service_past_of(const std::vector<HistoryRow>& minutes,
                                           const std::vector<HistoryRow>& seconds,
                                           const std::optional<LearnedSteps>& learned,
                                           std::int64_t now) {
  if (minutes.empty() && seconds.empty()) return std::nullopt;
  ServicePast past{.demand = past_of(minutes, seconds, learned, now), .start_times = {}};
  if (!learned) return past;
  for (const std::int64_t start_ms : learned->start_times_ms) {
    past.start_times.push_back(std::chrono::milliseconds(start_ms));
  }
  return past;
}

}  // namespace foretide::coordinator
