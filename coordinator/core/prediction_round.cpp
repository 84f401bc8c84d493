#include "coordinator/core/prediction_round.hpp"

#include <algorithm>

#include "coordinator/core/capacity.hpp"

namespace foretide::coordinator {
namespace {

using Services = std::vector<ServiceRecord*>;

std::uint32_t expected_balancers(const State& state, const ServiceRecord& service, Instant now) {
  std::uint32_t count = 0;
  for (const auto& [id, trace] : service.traffic) {
    const auto balancer = state.balancers.find(id);
    if (balancer == state.balancers.end() || !balancer->second.is_live(now)) continue;
    if (balancer->second.session == trace.session) ++count;
  }
  return count;
}

PredictionNeeds needs_of(const ServiceRecord& service) {
  const ScaleSettings& scale = service.settings->scale;
  return {.start = service.start_times.p90(),
          .capacity = capacity_of(service),
          .workers_min = scale.min,
          .workers_max = scale.max,
          .window = scale.window,
          .shortage = scale.shortage};
}

void close_seconds(const Turn& turn, ServiceRecord& service) {
  service.series.close(turn.now, expected_balancers(turn.state, service, turn.now),
                       service.service_time.mean());
}

bool is_off(const ServiceRecord& service) {
  return service.settings->scale.predict == ScaleSettings::Predict::kOff;
}

// All in order, but from `first` on. Where `steps_left` ends, the next round is to begin.
template <class Feed>
void go_round(Services& services, ServiceId& first, int& steps_left, Feed feed) {
  const auto begin = std::partition_point(services.begin(), services.end(),
                                          [&](const auto* service) { return service->id < first; });
  const std::size_t before = static_cast<std::size_t>(begin - services.begin());
  for (std::size_t i = 0; i < services.size(); ++i) {
    ServiceRecord& service = *services[(before + i) % services.size()];
    const bool had_some = steps_left > 0;
    feed(service);
    if (had_some && steps_left == 0) first = service.id;
  }
}

}  // namespace

void move_predictions(Turn& turn, std::vector<ServiceRecord*> services) {
  std::erase_if(services, [](const auto* service) { return !service->settings; });
  for (ServiceRecord* service : services) {
    close_seconds(turn, *service);
    if (is_off(*service) && !service->is_static()) service->prediction.forget();
  }
  std::erase_if(services, [](const auto* service) { return service->is_static(); });
  int steps_left = kPredictionStepsAtOnce;
  go_round(services, turn.state.listens_first, steps_left, [&](ServiceRecord& service) {
    if (!is_off(service)) service.prediction.listen(service.series, needs_of(service), steps_left);
  });
  if (turn.look_at_all) {
    steps_left = kGrowingStepsAtOnce;
    go_round(services, turn.state.grows_first, steps_left,
             [&](ServiceRecord& service) { service.prediction.grow(service.series, steps_left); });
  }
  for (ServiceRecord* service : services) service->foresight = service->prediction.foresight();
}

}  // namespace foretide::coordinator
