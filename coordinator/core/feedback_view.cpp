#include "coordinator/core/feedback_view.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "coordinator/core/service_record.hpp"

namespace foretide::coordinator {
namespace {

constexpr Duration kHour = std::chrono::hours(1), kDay = std::chrono::hours(24);

std::string prediction_state(const ServiceRecord& service) {
  using Predict = ScaleSettings::Predict;
  using Standing = Foresight::Standing;
  if (!service.settings || service.is_static()) return "";
  const Predict mode = service.settings->scale.predict;
  if (mode == Predict::kOff) return "off";
  if (mode == Predict::kShadow) return "shadow";
  if (!service.foresight || service.foresight->standing == Standing::kLearning) return "learning";
  return service.foresight->standing == Standing::kPays ? "on" : "off";
}

}  // namespace

std::optional<StartQuantiles> quantiles_of(const StartTimes& starts) {
  if (starts.count() == 0) return std::nullopt;
  std::vector<Duration> ascending(starts.times().begin(), starts.times().end());
  std::sort(ascending.begin(), ascending.end());
  const auto at = [&](double share) {
    const double rank = std::ceil(share * static_cast<double>(ascending.size()) - 1e-9);
    return seconds_in(ascending[static_cast<std::size_t>(rank) - 1]);
  };
  return StartQuantiles{at(0.5), at(0.9), at(0.99)};
}

FeedbackView feedback_view(const ServiceRecord& service, Instant now) {
  const Feedback& feedback = service.feedback;
  return {.prediction_state = prediction_state(service),
          .forecast_error_ratio = feedback.forecasts.error_ratio(),
          .forecast_bias = feedback.forecasts.bias(),
          .coverage = feedback.forecasts.coverage(),
          .unserved_share_hour = feedback.supply.unserved_share(now, kHour),
          .unserved_share_day = feedback.supply.unserved_share(now, kDay),
          .idle_share_hour = feedback.supply.idle_share(now, kHour),
          .idle_share_day = feedback.supply.idle_share(now, kDay),
          .start = quantiles_of(service.start_times),
          .starts_measured = service.start_times.count(),
          .starts_total = feedback.starts_total,
          .start_seconds_total = feedback.start_seconds_total,
          .waits = feedback.waits};
}

}  // namespace foretide::coordinator
