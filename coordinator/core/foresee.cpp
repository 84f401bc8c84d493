#include "coordinator/core/foresee.hpp"

#include "coordinator/core/demand_series.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

using Predict = ScaleSettings::Predict;

// What it expects of the time to come is past already: it did not get round to the last steps.
bool is_outdated(const Situation& situation) {
  const auto& until = situation.foresight->holds_until;
  return until && DemandSeries::second_of(situation.now) >= *until;
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

bool prediction_speaks(const ServiceStanding& service, const Situation& situation) {
  return service.settings->scale.predict == Predict::kAuto && situation.foresight &&
         situation.foresight->standing == Foresight::Standing::kPays && !is_outdated(situation);
}

Opinion predicted_for(const ServiceStanding& service, const Situation& situation) {
  const Predict mode = service.settings->scale.predict;
  if (mode == Predict::kOff) return {"predicted", 0, "off in the cluster file"};
  if (!situation.foresight) return {"predicted", 0, "too little of the demand is known"};
  if (!situation.demand.latest) {
    return {"predicted", 0, "the demand of the last seconds is not known"};
  }
  if (mode == Predict::kShadow) return {"predicted", 0, "in the shadow: " + words_for(situation)};
  if (is_outdated(situation)) {
    return {"predicted", 0,
            "prediction has fallen behind; when it last looked, " + words_for(situation)};
  }
  if (!prediction_speaks(service, situation)) {
    return {"predicted", 0, text_of(*situation.foresight) + "; " + words_for(situation)};
  }
  return {"predicted", workers_for(situation), words_for(situation)};
}

Opinion asked_for(const Situation& situation) {
  return situation.asked.value_or(Opinion{"asked", 0, "nobody asked"});
}

}  // namespace foretide::coordinator
