#include "tests/simulation/sim_history.hpp"

#include <iterator>
#include <utility>
#include <vector>

namespace foretide::simulation {
namespace {

using coordinator::DemandSeries;
using coordinator::HistoryRow;

constexpr std::int64_t kEverySeconds = 10, kStepsEverySeconds = 300;

std::int64_t seconds_of(WallTime wall) {
  return std::chrono::floor<std::chrono::seconds>(wall).time_since_epoch().count();
}

}  // namespace

void SimHistory::life_begins() {
  kept_.clear();
  wall_before_.reset();
}

void SimHistory::keep(const coordinator::State& state, Instant now, WallTime wall) {
  const std::int64_t second = DemandSeries::second_of(now);
  if (!wall_before_) wall_before_ = seconds_of(wall) - second;
  std::int64_t turn = second;
  for (const auto& [id, service] : state.services) {
    Kept& kept = kept_.try_emplace(id, Kept{.until_second = 0, .steps_at = second}).first->second;
    if (++turn % kEverySeconds != 0) continue;
    File& file = disk_[id];
    for (HistoryRow& row : rows_for(service, kept.until_second, *wall_before_)) {
      file.seconds[row.at] = std::move(row);
    }
    kept.until_second = service.series.end();
    if (second - kept.steps_at < kStepsEverySeconds) continue;
    if (auto steps = steps_for(service, *wall_before_)) file.steps = std::move(steps);
    kept.steps_at = second;
  }
}

std::map<ServiceId, coordinator::ServicePast> SimHistory::pasts(WallTime wall) const {
  std::map<ServiceId, coordinator::ServicePast> pasts;
  for (const auto& [id, file] : disk_) {
    std::vector<HistoryRow> seconds;
    for (const auto& [at, row] : file.seconds) seconds.push_back(row);
    auto past = coordinator::service_past_of({}, seconds, file.steps, seconds_of(wall));
    if (past) pasts.emplace(id, std::move(*past));
  }
  return pasts;
}

}  // namespace foretide::simulation
