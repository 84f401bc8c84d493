#include "coordinator/core/overdue.hpp"

#include <algorithm>

#include "coordinator/core/decide.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

// As its agent says, by its own clock: it knows when the start really began. Of one that has not
// begun (its node was silent, or has an older set) there is nothing to say.
Duration start_age(const WorkerRecord& worker) {
  if (!worker.report) return Duration::zero();
  return std::chrono::milliseconds(worker.report->phase_age_ms);
}

std::string how_late(const ServiceRecord& service, const WorkerRecord& worker) {
  const std::string late =
      text_of("worker %s on %s has been starting for %.0f s", worker.id.text.c_str(),
              worker.node.text.c_str(), seconds_in(start_age(worker)));
  if (service.start_times.count() == 0) return late + ", more than half of its start timeout";
  return late + text_of(" and starts take %.3g s", seconds_in(service.start_times.p90()));
}

}  // namespace

Duration patience_for(const StartTimes& measured, Duration start_timeout) {
  if (measured.count() == 0) return std::max(start_timeout / 2, kOverdueAtLeast);
  return std::max({measured.p99(), 3 * measured.p90(), kOverdueAtLeast});
}

bool is_overdue(const ServiceRecord& service, const WorkerRecord& worker) {
  if (!service.settings || service.is_static() || worker.stands_in || !worker.is_starting())
    return false;
  const Duration timeout = service.settings->worker.start.timeout;
  return start_age(worker) > patience_for(service.start_times, timeout);
}

void tell_overdue(Turn& turn, ServiceRecord& service, const Census& census, std::uint32_t brought) {
  const std::uint32_t max = service.settings->scale.max;
  const bool at_max = census.serving() + census.overdue.size() >= max;
  for (WorkerRecord* worker : census.overdue) {
    if (worker->lateness_told == LatenessTold::kReplaced) continue;
    std::string reason = how_late(service, *worker);
    if (brought > 0) {
      --brought;
      worker->lateness_told = LatenessTold::kReplaced;
      reason += ": another is started in its place";
    } else if (at_max && worker->lateness_told == LatenessTold::kNothing) {
      worker->lateness_told = LatenessTold::kWaits;
      reason +=
          text_of(": it counts against max, which allows %u, so none is started in its place", max);
    } else {
      continue;
    }
    tell(turn, {.kind = "worker",
                .service = service.id,
                .node = worker->node,
                .worker = worker->id,
                .text = reason});
    record_event(turn, service, census, {"overdue", service.desired.value_or(0), reason});
  }
}

}  // namespace foretide::coordinator
