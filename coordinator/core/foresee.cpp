#include "coordinator/core/foresee.hpp"

#include "coordinator/core/capacity.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

using Predict = ScaleSettings::Predict;

PredictionNeeds needs_of(const ServiceRecord& service) {
  const ScaleSettings& scale = service.settings->scale;
  return {.start = service.start_times.p90(),
          .capacity = capacity_of(service),
          .workers_min = scale.min,
          .workers_max = scale.max,
          .window = scale.window,
          .shortage = scale.shortage};
}

std::string words_for(const ServiceRecord& service) {
  const Foresight& foresight = *service.foresight;
  const double capacity = capacity_of(service);
  return text_of("%s expects %.2f in %.0f s and, a shortage being priced at %.3g, asks for %s",
                 name_of(foresight.policy), foresight.expected * capacity,
                 seconds_in(lead_time_for(service.start_times)), foresight.price,
                 workers_of(foresight.workers, capacity).c_str());
}

}  // namespace

void foresee(ServiceRecord& service, Instant now, std::uint32_t balancers, int& steps_left) {
  service.series.close(now, balancers, service.service_time.mean());
  if (service.settings->scale.predict == Predict::kOff) {
    if (!service.prediction.is_empty()) service.prediction = {};
  } else {
    service.prediction.advance(service.series, needs_of(service), steps_left);
  }
  service.foresight = service.prediction.foresight();
}

bool prediction_speaks(const ServiceRecord& service) {
  return service.settings->scale.predict == Predict::kAuto && service.foresight &&
         service.foresight->standing == Foresight::Standing::kPays;
}

Opinion predicted_for(const ServiceRecord& service, const std::optional<double>& latest) {
  const Predict mode = service.settings->scale.predict;
  if (mode == Predict::kOff) return {"predicted", 0, "off in the cluster file"};
  if (!service.foresight) return {"predicted", 0, "too little of the demand is known"};
  if (!latest) return {"predicted", 0, "the demand of the last seconds is not known"};
  if (mode == Predict::kShadow) return {"predicted", 0, "in the shadow: " + words_for(service)};
  if (!prediction_speaks(service)) {
    return {"predicted", 0, text_of(*service.foresight) + "; " + words_for(service)};
  }
  return {"predicted", service.foresight->workers, words_for(service)};
}

Opinion asked_for(const ServiceRecord& service, Instant now) {
  if (!service.asked || now >= service.asked->until) return {"asked", 0, "nobody asked"};
  return {"asked", service.asked->workers, service.asked->reason};
}

}  // namespace foretide::coordinator
