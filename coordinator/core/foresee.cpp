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

std::uint32_t workers_for(const Situation& situation) {
  return situation.foresight->in_workers_of(situation.capacity, situation.foresight->workers);
}

std::string words_for(const Situation& situation) {
  const Foresight& foresight = *situation.foresight;
  const double capacity = situation.capacity;
  return text_of("%s expects %s in %.0f s and, a shortage being priced at %.3g, asks for %s",
                 name_of(foresight.policy), load_text(foresight.load()).c_str(),
                 seconds_in(situation.lead_time()), foresight.price,
                 workers_of(workers_for(situation), capacity).c_str());
}

}  // namespace

void foresee(ServiceRecord& service, Instant now, std::uint32_t balancers, int& steps_left) {
  service.series.close(now, balancers, service.service_time.mean());
  if (service.settings->scale.predict == Predict::kOff) {
    service.prediction.forget();
  } else {
    service.prediction.advance(service.series, needs_of(service), steps_left);
  }
  service.foresight = service.prediction.foresight();
}

bool prediction_speaks(const ServiceStanding& service, const Situation& situation) {
  return service.settings->scale.predict == Predict::kAuto && situation.foresight &&
         situation.foresight->standing == Foresight::Standing::kPays;
}

Opinion predicted_for(const ServiceStanding& service, const Situation& situation) {
  const Predict mode = service.settings->scale.predict;
  if (mode == Predict::kOff) return {"predicted", 0, "off in the cluster file"};
  if (!situation.foresight) return {"predicted", 0, "too little of the demand is known"};
  if (!situation.demand.latest) {
    return {"predicted", 0, "the demand of the last seconds is not known"};
  }
  if (mode == Predict::kShadow) return {"predicted", 0, "in the shadow: " + words_for(situation)};
  if (!prediction_speaks(service, situation)) {
    return {"predicted", 0, text_of(*situation.foresight) + "; " + words_for(situation)};
  }
  return {"predicted", workers_for(situation), words_for(situation)};
}

Opinion asked_for(const Situation& situation) {
  return situation.asked.value_or(Opinion{"asked", 0, "nobody asked"});
}

}  // namespace foretide::coordinator
