#include "coordinator/core/feedback.hpp"

#include <utility>

#include "coordinator/core/reactive.hpp"
#include "coordinator/core/service_record.hpp"

namespace foretide::coordinator {
namespace {

// The forecast that was given with the last step that prediction took in.
void await_forecast(ServiceRecord& service) {
  if (!service.foresight) {
    service.feedback.forecasts = {};
    return;
  }
  if (service.foresight->standing == Foresight::Standing::kLearning) return;
  const std::int64_t now = service.prediction.next_second();
  const auto step = static_cast<std::int64_t>(seconds_in(service.prediction.step()));
  const auto last = mean_load(service.series, now - step, now);
  if (!last) return;
  const std::int64_t end = now + static_cast<std::int64_t>(seconds_in(service.prediction.ahead()));
  service.feedback.forecasts.expect(
      {.begin = end - step,
       .end = end,
       .expected = service.foresight->load(),
       .covered = service.foresight->workers * service.foresight->capacity,
       .last = *last});
}

void book_requests(ServiceRecord& service, const Situation& situation, const Decision& decision) {
  Feedback& feedback = service.feedback;
  const std::uint64_t arrivals = std::exchange(feedback.arrivals_unbooked, 0);
  std::uint64_t waited = std::exchange(feedback.waited_unbooked, 0);
  if (waited > 0) {
    const Cause cause = cause_for(service, situation, decision);
    feedback.waits.add(cause, waited);
    // Who wakes a service waits because it slept, which is no shortage.
    if (cause == Cause::kWoken) waited = 0;
  }
  feedback.supply.count(situation.now, static_cast<double>(arrivals), static_cast<double>(waited));
}

}  // namespace

void take_feedback(ServiceRecord& service, const Situation& situation, const Decision& decision) {
  Feedback& feedback = service.feedback;
  if (situation.ready > 0 || service.settings->scale.min > 0) {
    feedback.is_waking = false;
  } else if (decision.from == 0) {
    feedback.is_waking = true;
  }
  book_requests(service, situation, decision);
  const double capacity = decision.capacity_per_worker;
  feedback.supply.observe(situation.now, situation.ready * capacity, feedback.is_waking);
  feedback.supply.settle(service.series);
  await_forecast(service);
  feedback.forecasts.settle(service.series);
}

}  // namespace foretide::coordinator
