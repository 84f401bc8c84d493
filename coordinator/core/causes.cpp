#include "coordinator/core/causes.hpp"

#include <algorithm>

#include "coordinator/core/decide.hpp"
#include "coordinator/core/stopped_starts.hpp"

namespace foretide::coordinator {
namespace {

// What the rules and signals alone would have; a decision's record has the limits' words behind
// theirs, some by the same names.
std::uint32_t wanted_by_rules(const ServiceRecord& service, const Situation& situation) {
  std::uint32_t wanted = 0;
  for (const Opinion& opinion : opinions_for(service, situation)) {
    wanted = std::max(wanted, opinion.workers);
  }
  return wanted;
}

// A pause downwards takes nothing from who waits.
bool is_frozen(const ServiceRecord& service) {
  return service.manual || (service.paused && service.paused->direction == PauseDirection::kBoth);
}

// Everything that is allowed is there, and more is wanted.
bool is_at_max(const Decision& decision, std::uint32_t ready) {
  if (decision.rule == "max") return ready >= decision.to;
  return (decision.rule == "max_step" || decision.rule == "cooldown") && ready >= decision.from;
}

}  // namespace

const char* name_of(Cause cause) {
  switch (cause) {
    case Cause::kForecast:
      return "forecast";
    case Cause::kStartFailed:
      return "start_failed";
    case Cause::kAtMax:
      return "at_max";
    case Cause::kNoHost:
      return "no_host";
    case Cause::kFrozen:
      return "frozen";
    case Cause::kWoken:
      return "woken";
  }
  return "forecast";
}

Cause cause_for(const ServiceRecord& service, const Situation& situation,
                const Decision& decision) {
  const bool wants_more = wanted_by_rules(service, situation) > decision.to;
  if (wants_more && is_frozen(service)) return Cause::kFrozen;
  const bool lacks_asked = situation.ready < decision.from;
  const bool starts_stopped = stopped_starts_of(service, situation.now).has_value();
  if (lacks_asked && (situation.failing > 0 || starts_stopped)) return Cause::kStartFailed;
  const std::uint32_t placed = situation.ready + situation.starting + situation.failing;
  if (placed < decision.from && service.no_place_at) return Cause::kNoHost;
  if (wants_more && is_at_max(decision, situation.ready)) return Cause::kAtMax;
  if (service.feedback.is_waking && situation.ready == 0) return Cause::kWoken;
  return Cause::kForecast;
}

}  // namespace foretide::coordinator
