#include "coordinator/core/reactive.hpp"

#include <algorithm>

#include "coordinator/core/desired.hpp"
#include "coordinator/core/foresee.hpp"
#include "coordinator/core/service_record.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

using std::chrono::seconds;

constexpr Duration kPanicWindow = seconds(2);
constexpr Duration kFreshFor = seconds(5);
// A mean over half the panic window is the noisier one, so it counts for a little less.
constexpr double kShortMeanWeight = 0.9;

double load_over(const ServiceRecord& service, Duration window, Instant now) {
  const RecentRates rates = service.recent.over(window, now);
  const auto service_seconds = service.service_time.mean();
  if (!service_seconds || *service_seconds > seconds_in(kPanicWindow)) return rates.in_flight;
  return std::max(rates.in_flight, rates.arrivals_per_second * *service_seconds);
}

double present_load(const ServiceRecord& service, Instant now) {
  return std::max(load_over(service, kPanicWindow, now),
                  kShortMeanWeight * load_over(service, kPanicWindow / 2, now));
}

}  // namespace

DemandNow demand_now(const ServiceRecord& service, Instant now) {
  return {.load = present_load(service, now),
          .latest = service.series.latest(now, kFreshFor),
          .largest = service.series.max_over(now, service.settings->scale.window)};
}

Duration watched_for(const ScaleSettings& scale, bool is_idle) {
  return is_idle ? std::min(scale.idle, scale.window) : scale.window;
}

bool is_idle(const ServiceStanding& service, const Situation& situation) {
  if (situation.held + situation.in_flight > 0 || situation.queued) return false;
  const auto& last = situation.last_request;
  return situation.demand.latest &&
         (!last || situation.now - *last >= service.settings->scale.idle);
}

Opinion stable_for(const ServiceStanding& service, const Situation& situation) {
  const Duration window = service.settings->scale.window;
  const auto& largest = situation.demand.largest;
  if (prediction_speaks(service, situation)) return {"stable", 0, "prediction speaks"};
  if (!largest)
    return {"stable", 0, text_of("no demand is known of the last %.0f s", seconds_in(window))};
  const double capacity = situation.capacity;
  const std::uint32_t workers = workers_for(*largest, capacity);
  return {"stable", workers,
          text_of("the largest load of the last %.0f s, %s, needs %s", seconds_in(window),
                  load_text(*largest).c_str(), workers_of(workers, capacity).c_str())};
}

Opinion panic_for(const ServiceStanding& service, const Situation& situation) {
  const double load = situation.demand.load;
  const double capacity = situation.capacity;
  const std::uint32_t workers = workers_for(load, capacity);
  const auto& foresight = situation.foresight;
  if (prediction_speaks(service, situation) &&
      workers <= foresight->in_workers_of(capacity, foresight->workers_thinkable)) {
    return {"panic", 0,
            "load " + load_text(load) + " over the last two seconds was to be expected"};
  }
  return {"panic", workers,
          "load " + load_text(load) + " over the last two seconds needs " +
              workers_of(workers, capacity)};
}

Opinion backlog_for(const Situation& situation) {
  const std::uint32_t held = situation.held;
  if (held == 0) return {"backlog", 0, "nothing is held"};
  const auto service_seconds = situation.service_seconds;
  if (!service_seconds)
    return {"backlog", 1, text_of("%u held, their service time not known yet", held)};
  // held * service time is the work that waits; done within the lead time it is that much more
  // load, but never more than all of them in service at once.
  const double within = std::max(seconds_in(situation.lead_time()), seconds_in(kPanicWindow));
  const double extra = std::min<double>(held, held * *service_seconds / within);
  const double load = situation.demand.load + extra;
  const std::uint32_t workers = std::max(1u, workers_for(load, situation.capacity));
  return {"backlog", workers,
          text_of("%s of %.3g s each add a load of %.2f for now",
                  counted(held, "held request", "held requests").c_str(), *service_seconds, extra)};
}

Opinion wake_for(const ServiceStanding& service, const Situation& situation) {
  const std::uint32_t held = situation.held;
  const bool came =
      situation.last_request && situation.now - *situation.last_request < kPanicWindow;
  if (held == 0 && !came) return {"wake", 0, "nothing waits"};
  if (situation.ready + situation.starting > 0 && service.desired.value_or(0) > 0) {
    return {"wake", 0, "there are workers"};
  }
  if (held == 0) return {"wake", 1, "requests come, none may wait, and there is no worker"};
  return {"wake", 1, counted(held, "request waits", "requests wait") + " and there is no worker"};
}

Opinion idle_for(const ServiceStanding& service, const Situation& situation) {
  const ScaleSettings& scale = service.settings->scale;
  const double after = seconds_in(scale.idle);
  if (scale.min > 0) return {"idle", 0, "min keeps it awake"};
  if (service.desired.value_or(0) == 0) return {"idle", 0, "asleep until a request comes"};
  if (is_idle(service, situation)) return {"idle", 0, text_of("no request for %.3g s", after)};
  if (situation.queued) return {"idle", 1, "a queue of it had items in it"};
  return {"idle", 1, text_of("a request came within the last %.3g s", after)};
}

}  // namespace foretide::coordinator
