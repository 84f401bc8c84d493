#include "coordinator/core/preview.hpp"

#include <algorithm>

#include "common/settings/release.hpp"

namespace foretide::coordinator {
namespace {

const ServiceSettings* settings_of(const ClusterSettings& cluster, const ServiceId& id) {
  for (const ServiceSettings& service : cluster.services) {
    if (service.id == id) return &service;
  }
  return nullptr;
}

bool runs_workers(const ServiceSettings* service) {
  return service != nullptr && service->upstreams.empty();
}

std::uint32_t running_in(const ServiceRecord& service) {
  return static_cast<std::uint32_t>(
      std::count_if(service.workers.begin(), service.workers.end(),
                    [](const auto& entry) { return entry.second.stage == WorkerStage::kServing; }));
}

std::uint32_t of_other_release(const ServiceRecord& service, const ReleaseId& release) {
  return static_cast<std::uint32_t>(
      std::count_if(service.workers.begin(), service.workers.end(), [&](const auto& entry) {
        return entry.second.stage == WorkerStage::kServing && entry.second.release != release;
      }));
}

// What is wanted before bounds have their say: a count given by hand, or the last decision.
std::uint32_t wanted_of(const ServiceRecord& service) {
  return service.manual ? service.manual->count : service.desired.value_or(0);
}

std::optional<WorkersAhead> workers_ahead(const ServiceRecord* record,
                                          const ServiceSettings* before,
                                          const ServiceSettings* after) {
  if (!runs_workers(before) && !runs_workers(after)) return std::nullopt;
  WorkersAhead ahead;
  if (record != nullptr) {
    ahead.running = running_in(*record);
    ahead.now = runs_workers(before) ? record->desired.value_or(0) : 0;
  }
  if (!runs_workers(after)) {
    ahead.ended = ahead.running;
    return ahead;
  }
  const std::uint32_t wanted = record != nullptr && runs_workers(before) ? wanted_of(*record) : 0;
  ahead.then = std::clamp(wanted, after->scale.min, after->scale.max);
  ahead.ended = ahead.running > ahead.then ? ahead.running - ahead.then : 0;
  if (runs_workers(before) && after->scale.min < std::min(before->scale.min, ahead.then)) {
    ahead.may_fall_to = after->scale.min;
  }
  const ReleaseId release = release_for(after->worker);
  if (record != nullptr && runs_workers(before) && release != release_for(before->worker)) {
    ahead.replaced = std::min(of_other_release(*record, release), ahead.then);
  }
  return ahead;
}

}  // namespace

Preview preview_of(const State& state, const ClusterSettings& after) {
  ClusterChanges changes = changes_for(state.settings, after);
  Preview preview{.wants_restart = changes.want_restart()};
  preview.cluster = std::move(changes.cluster);
  for (ServiceChange& change : changes.services) {
    const auto record = state.services.find(change.service);
    const ServiceSettings* before = settings_of(state.settings, change.service);
    const ServiceSettings* next = settings_of(after, change.service);
    const auto workers =
        workers_ahead(record == state.services.end() ? nullptr : &record->second, before, next);
    preview.services.push_back({std::move(change), workers});
  }
  return preview;
}

}  // namespace foretide::coordinator
