#include "coordinator/core/foresee.hpp"

#include <cmath>

#include "coordinator/core/desired.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {

void foresee(ServiceRecord& service, Instant now, std::uint32_t balancers) {
  service.series.close(now, balancers, service.service_time.mean());
  Foresight& foresight = service.foresight;
  if (foresight.made_at == service.series.end()) return;
  const ScaleSettings& scale = service.settings->scale;
  // The newest closed second lies one in the past, so the end of the lead time is one more away
  // from it.
  const double lead = std::ceil(seconds_in(lead_time_for(service.start_times))) + 1.0;
  service.choice.aim(static_cast<std::int64_t>(lead), quantile_for(scale.shortage));
  service.choice.advance(service.series, scale.window / std::chrono::seconds(1));
  foresight = {.made_at = service.series.end()};
  const auto forecast = service.choice.forecast(service.series);
  if (!forecast) return;
  foresight.point = forecast->point;
  foresight.upper = forecast->quantile(quantile_for(scale.shortage));
  foresight.has_spread = forecast->outcomes.size() >= Backtest::kErrorsMin;
  foresight.workers = workers_for(*forecast, capacity_for(*service.settings), scale.shortage);
}

Opinion predicted_for(const ServiceRecord& service, Instant now) {
  using Predict = ScaleSettings::Predict;
  const Foresight& foresight = service.foresight;
  const Predict mode = service.settings->scale.predict;
  if (mode == Predict::kOff) return {"predicted", 0, "off in the cluster file"};
  if (!foresight.point) return {"predicted", 0, "too little of the demand is known"};
  const Duration window = service.settings->scale.window;
  if (service.series.max_over(now, window).value_or(1.0) == 0.0) {
    return {"predicted", 0, text_of("nothing came for %.0f s", seconds_in(window))};
  }
  const std::string words =
      text_of("%s says %.2f in %.1f s, by its errors so far up to %.2f, and needs %s",
              name_of(service.choice.chosen()), *foresight.point,
              seconds_in(lead_time_for(service.start_times)), foresight.upper,
              workers_of(foresight.workers, capacity_for(*service.settings)).c_str());
  if (mode == Predict::kShadow) return {"predicted", 0, "in the shadow: " + words};
  if (!foresight.has_spread || !service.choice.pays()) {
    return {"predicted", 0, service.choice.reason() + "; " + words};
  }
  return {"predicted", foresight.workers, words};
}

Opinion asked_for(const ServiceRecord& service, Instant now) {
  if (!service.asked || now >= service.asked->until) return {"asked", 0, "nobody asked"};
  return {"asked", service.asked->workers, service.asked->reason};
}

}  // namespace foretide::coordinator
