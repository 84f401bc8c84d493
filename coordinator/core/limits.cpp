#include "coordinator/core/limits.hpp"

#include <algorithm>
#include <cmath>

#include "coordinator/core/desired.hpp"
#include "coordinator/core/foresee.hpp"
#include "coordinator/core/signals.hpp"
#include "coordinator/core/text.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {
namespace {

// A survivor is not loaded above this share of its capacity by a shrink that nobody foresaw.
constexpr double kSurvivorShare = 0.9;
// A report may be lost now and then; more of the window than that must be known.
constexpr double kKnownShare = 0.9;

using Limits = std::vector<Opinion>;

bool is_within(const std::optional<Instant>& at, Duration period, Instant now) {
  return at && now - *at < period;
}

void hold_for_data(const ServiceStanding& service, const Situation& at, std::uint32_t from,
                   Limits& floors) {
  if (at.age < kYoungFor) {
    floors.push_back({"young", from, "this coordinator has just begun and has not heard everyone"});
    return;
  }
  if (!at.demand.latest) {
    floors.push_back({"hold", from,
                      at.balancers_known
                          ? "no complete traffic reports for 5 s: the last decision holds"
                          : "no balancer has reported: the last decision holds"});
    return;
  }
  if (at.silence) {
    floors.push_back(
        {"hold", from,
         text_of("a balancer that may have requests is silent for %.0f s: what it serves is "
                 "not known",
                 seconds_in(*at.silence))});
  }
  const Duration needed = watched_for(service.settings->scale, is_idle(service, at));
  const double known = at.demand.known_seconds;
  if (known < std::floor(kKnownShare * seconds_in(needed))) {
    floors.push_back(
        {"window", from,
         text_of("demand is known for only %.0f of the last %.0f s", known, seconds_in(needed))});
  }
}

void hold_for_survivors(const ServiceStanding& service, const Situation& at, std::uint32_t from,
                        Limits& floors) {
  const double load = std::max<double>(at.demand.load, at.in_flight) + at.held;
  const double share = prediction_speaks(service, at) ? 1.0 : kSurvivorShare;
  const double capacity = at.capacity * share;
  const std::uint32_t needed = std::min(from, workers_for(load, capacity));
  floors.push_back({"survivors", needed,
                    text_of("%s in service now, at most %.3g for each that stays",
                            load_text(load).c_str(), capacity)});
}

void hold_for_calm(const ServiceStanding& service, const Situation& at, std::uint32_t from,
                   Limits& floors) {
  const Duration window = Reversals::window_for(at.lead_time());
  const auto wait = service.reversals.wait(window, at.now);
  if (!wait) return;
  floors.push_back({"flapping", from,
                    text_of("the number went to and fro %zu times within %.0f s: nothing shrinks "
                            "for %.0f s",
                            Reversals::kBudget, seconds_in(window), std::ceil(seconds_in(*wait)))});
}

Limits floors_for(const ServiceStanding& service, const Situation& at, std::uint32_t from) {
  Limits floors;
  const ScaleSettings& scale = service.settings->scale;
  if (at.paused) {
    floors.push_back({"paused", from, "paused downwards by hand: no rule removes workers"});
  }
  hold_for_data(service, at, from, floors);
  if (!is_idle(service, at)) {
    if (service.panic_until && at.now < *service.panic_until) {
      floors.push_back({"panic", from, "nothing shrinks within a window of a sudden rise"});
    }
    hold_for_survivors(service, at, from, floors);
    hold_for_calm(service, at, from, floors);
    hold_for_signals(service, at, from, floors);
  }
  for (const auto& change : {service.last_up, service.last_down}) {
    if (is_within(change, scale.down_cooldown, at.now)) {
      floors.push_back({"cooldown", from, "the last change is too recent to remove workers"});
      break;
    }
  }
  if (scale.down_max_step && *scale.down_max_step < from) {
    const bool stepped = is_within(service.last_down, kDecisionPeriod, at.now);
    floors.push_back({"max_step", stepped ? from : from - *scale.down_max_step,
                      text_of("down.max_step allows %u a second", *scale.down_max_step)});
  }
  return floors;
}

Limits ceilings_for(const ServiceStanding& service, const Situation& at, std::uint32_t from) {
  Limits ceilings;
  const ScaleSettings& scale = service.settings->scale;
  if (at.starts_stopped) {
    // One is what a trial needs.
    ceilings.push_back({"breaker", std::max(from, 1u), *at.starts_stopped});
  }
  if (at.failing > 0 && at.ready + at.starting == 0) {
    ceilings.push_back({"failing", from, "no worker comes up; more would fail likewise"});
  }
  if (from > 0 && is_within(service.last_up, scale.up_cooldown, at.now)) {
    ceilings.push_back({"cooldown", from, "the last rise is too recent to add workers"});
  }
  if (scale.up_max_step) {
    const bool stepped = from > 0 && is_within(service.last_up, kDecisionPeriod, at.now);
    ceilings.push_back({"max_step", stepped ? from : from + *scale.up_max_step,
                        text_of("up.max_step allows %u a second", *scale.up_max_step)});
  }
  return ceilings;
}

void bound(Limited& limited, const Opinion& limit, bool bites, std::vector<Opinion>& said) {
  if (!bites) return;
  limited = {limit.workers, limit.rule, limit.reason};
  said.push_back(limit);
}

}  // namespace

Limited bounded_for(const ServiceStanding& service, Limited limited, std::vector<Opinion>& said) {
  const ScaleSettings& scale = service.settings->scale;
  const Opinion max{"max", scale.max,
                    text_of("max allows %u, %u wanted", scale.max, limited.workers)};
  bound(limited, max, limited.workers > scale.max, said);
  const Opinion min{"min", scale.min, text_of("min keeps %u", scale.min)};
  bound(limited, min, limited.workers < scale.min, said);
  return limited;
}

Limited limited_for(const ServiceStanding& service, const Situation& situation,
                    const Opinion& wanted, std::vector<Opinion>& said) {
  const std::uint32_t from = service.desired.value_or(0);
  Limited limited{.workers = wanted.workers, .rule = {}, .reason = {}};
  if (wanted.workers < from) {
    for (const Opinion& floor : floors_for(service, situation, from)) {
      bound(limited, floor, floor.workers > limited.workers, said);
    }
  } else if (wanted.workers > from) {
    for (const Opinion& ceiling : ceilings_for(service, situation, from)) {
      bound(limited, ceiling, ceiling.workers < limited.workers, said);
    }
  }
  return bounded_for(service, limited, said);
}

}  // namespace foretide::coordinator
