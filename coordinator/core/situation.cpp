#include "coordinator/core/situation.hpp"

#include "coordinator/core/capacity.hpp"
#include "coordinator/core/queue_signal.hpp"
#include "coordinator/core/reactive.hpp"
#include "coordinator/core/schedule.hpp"
#include "coordinator/core/service_record.hpp"
#include "coordinator/core/signals.hpp"
#include "coordinator/core/stopped_starts.hpp"

namespace foretide::coordinator {
namespace {

void observe_orders(const ServiceRecord& service, Situation& at) {
  at.manual = service.manual ? std::optional(service.manual->count) : std::nullopt;
  at.paused = service.paused ? std::optional(service.paused->direction) : std::nullopt;
  at.asked.reset();
  if (service.asked && at.now < service.asked->until) {
    at.asked = Opinion{"asked", service.asked->workers, service.asked->reason};
  }
}

}  // namespace

void observe(const ServiceRecord& service, Situation& at) {
  const ScaleSettings& scale = service.settings->scale;
  at.demand = demand_now(service, at.now);
  at.held = service.held();
  at.in_flight = service.in_flight();
  at.queued = has_queued(service, at.now);
  at.last_request = service.last_request;
  at.demand.known_seconds = static_cast<double>(
      service.series.known_seconds(at.now, watched_for(scale, is_idle(service, at))));
  at.service_seconds = service.service_time.mean();
  at.start_time = service.start_times.p90();
  at.capacity = capacity_of(service);
  const auto stopped = stopped_starts_of(service, at.now);
  at.starts_stopped = stopped ? std::optional(stopped->text) : std::nullopt;
  at.signals = signals_seen(service, at);
  observe_orders(service, at);
  at.scheduled = scheduled_for(scale.schedule, at.wall, at.lead_time());
  at.foresight = service.foresight;
}

}  // namespace foretide::coordinator
