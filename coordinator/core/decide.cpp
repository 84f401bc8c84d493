#include "coordinator/core/decide.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/core/capacity.hpp"
#include "coordinator/core/desired.hpp"
#include "coordinator/core/forecast_choice.hpp"
#include "coordinator/core/foresee.hpp"
#include "coordinator/core/limits.hpp"
#include "coordinator/core/signals.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

// How often a limit that holds a number back may be told again.
constexpr Duration kLimitToldEvery = std::chrono::seconds(10);

// A service that may sleep and got nothing for its idle time sleeps, whatever came before.
bool falls_asleep(const ServiceStanding& service, const Situation& situation) {
  return service.settings->scale.min == 0 && is_idle(service, situation);
}

Opinion winner_of(const std::vector<Opinion>& opinions, bool asleep) {
  const auto counts = [asleep](const Opinion& opinion) {
    return !asleep || (opinion.rule != "stable" && opinion.rule != "predicted");
  };
  const Opinion* winner = nullptr;
  for (const Opinion& opinion : opinions) {
    if (counts(opinion) && (!winner || opinion.workers > winner->workers)) winner = &opinion;
  }
  return *winner;
}

// How long it is since the last word about this service of that balancer which is silent longest
// and may be serving it: it sent requests to its workers, or has not told in its session whether it
// does (we know it from the store, or it has just begun). One that is silent for five minutes is
// taken for dead.
std::optional<Duration> silence_of(const State& state, const ServiceRecord& service, Instant now) {
  constexpr Duration kSilent = std::chrono::seconds(5), kDead = std::chrono::minutes(5);
  std::optional<Duration> longest;
  for (const auto& [id, balancer] : state.balancers) {
    const auto trace = service.traffic.find(id);
    const bool has_told =
        trace != service.traffic.end() && trace->second.session == balancer.session;
    if (has_told && trace->second.counts.busy_seconds_total == 0.0) continue;
    const Duration silence = now - (has_told ? trace->second.heard_at : balancer.session_began);
    if ((has_told && silence < kSilent) || silence >= kDead) continue;
    longest = std::max(longest.value_or(silence), silence);
  }
  return longest;
}

Situation situation_of(const Turn& turn, const ServiceRecord& service, const Census& census) {
  Situation situation{.now = turn.now,
                      .wall = turn.wall,
                      .age = turn.state.age(turn.now),
                      .ready = census.ready,
                      .starting = census.starting,
                      .failing = census.failing,
                      .balancers_known = !service.traffic.empty(),
                      .silence = silence_of(turn.state, service, turn.now)};
  observe(service, situation);
  return situation;
}

bool is_worth_telling(const ServiceRecord& service, const Decision& decision, Instant now) {
  if (decision.rule != "max" && decision.rule != "hold" && decision.rule != "flapping")
    return false;
  if (service.limit_told == decision.rule) return false;
  return !service.limit_told_at || now - *service.limit_told_at >= kLimitToldEvery;
}

// Whether the decision is recorded; and what that leaves behind.
bool note_telling(ServiceRecord& service, const Decision& decision, Instant now) {
  if (decision.to != decision.from) {
    service.limit_told.clear();
    return true;
  }
  if (!is_worth_telling(service, decision, now)) return false;
  service.limit_told = decision.rule;
  service.limit_told_at = now;
  return true;
}

// What was ordered for a time ends with it.
void end_orders(Turn& turn, ServiceRecord& service) {
  const auto is_over = [&](const std::optional<Instant>& until) {
    return until && turn.now >= *until;
  };
  if (service.manual && is_over(service.manual->until)) service.manual.reset();
  if (!service.paused || !is_over(service.paused->until)) return;
  service.paused.reset();
  tell(turn, {.kind = "pause",
              .service = service.id,
              .text = "the pause of service " + service.id.text + " is over"});
}

std::optional<Opinion> given_by_hand(const ServiceStanding& service, const Situation& at) {
  if (at.manual) return Opinion{"manual", *at.manual, text_of("set by hand to %u", *at.manual)};
  if (at.paused != PauseDirection::kBoth) return std::nullopt;
  return Opinion{"paused", service.desired.value_or(0),
                 "paused by hand: no rule changes the number"};
}

void settle(Decision& decision, const Opinion& wanted, const Limited& limited) {
  decision.to = limited.workers;
  decision.rule = limited.rule.empty() ? wanted.rule : limited.rule;
  decision.reason = wanted.reason;
  if (!limited.rule.empty()) {
    decision.reason = limited.reason + "; " + wanted.rule + ": " + wanted.reason;
  }
}

}  // namespace

std::vector<Opinion> opinions_for(const ServiceStanding& service, const Situation& situation) {
  // Among equals the first wins, so that the plainest reason is told.
  std::vector<Opinion> opinions{idle_for(service, situation),
                                wake_for(service, situation),
                                stable_for(service, situation),
                                panic_for(service, situation),
                                backlog_for(situation),
                                predicted_for(service, situation),
                                situation.scheduled,
                                asked_for(situation)};
  add_signals(service, situation, opinions);
  return opinions;
}

Decision decision_for(const ServiceStanding& service, const Situation& situation) {
  Decision decision{.service = service.id, .at = situation.wall};
  decision.from = service.desired.value_or(0);
  decision.demand = situation.demand.latest;
  if (situation.foresight) {
    decision.forecast = situation.foresight->load();
    decision.forecaster = name_of(situation.foresight->policy);
  }
  decision.lead_time = situation.lead_time();
  decision.ready = situation.ready;
  decision.starting = situation.starting;
  decision.capacity_per_worker = situation.capacity;
  decision.opinions = opinions_for(service, situation);
  if (const auto given = given_by_hand(service, situation)) {
    decision.opinions.push_back(*given);
    settle(decision, *given, bounded_for(service, {given->workers, {}, {}}, decision.opinions));
    return decision;
  }
  const Opinion wanted = winner_of(decision.opinions, falls_asleep(service, situation));
  settle(decision, wanted, limited_for(service, situation, wanted, decision.opinions));
  return decision;
}

void take_effect(ServiceStanding& service, const Decision& decision, Instant now) {
  for (const Opinion& opinion : decision.opinions) {
    // Requests that were held are told by nothing once they were served.
    const bool is_sudden = opinion.rule == "panic" || opinion.rule == "backlog";
    if (is_sudden && opinion.workers > decision.from) {
      service.panic_until = now + service.settings->scale.window;
    }
  }
  if (decision.to > decision.from) service.last_up = now;
  if (decision.to < decision.from) service.last_down = now;
  const bool by_hand =
      decision.rule == "manual" || decision.rule == "paused" || decision.rule == "adopted";
  if (!by_hand) service.reversals.changed(decision.from, decision.to, now);
  service.desired = decision.to;
}

void record_decision(Turn& turn, ServiceRecord& service, Decision decision) {
  take_effect(service, decision, turn.now);
  service.decisions.push_back(decision);
  if (service.decisions.size() > kDecisionsKept) service.decisions.pop_front();
  turn.tells.push_back(RecordDecision{std::move(decision)});
}

void record_event(Turn& turn, ServiceRecord& service, const Census& census, Opinion word) {
  Decision decision = decision_for(service, situation_of(turn, service, census));
  decision.to = decision.from;
  decision.rule = word.rule;
  decision.reason = word.reason;
  std::erase_if(decision.opinions, [&](const Opinion& one) { return one.rule == word.rule; });
  decision.opinions.push_back(std::move(word));
  record_decision(turn, service, std::move(decision));
}

void decide(Turn& turn, ServiceRecord& service, const Census& census) {
  if (!service.settings || service.is_static()) return;
  end_orders(turn, service);
  const Situation situation = situation_of(turn, service, census);
  Decision decision = decision_for(service, situation);
  take_feedback(service, situation, decision);
  const bool is_told = note_telling(service, decision, turn.now);
  service.moments.find(service);
  if (is_told) decision.moment = service.moments.next(situation);
  note_rises(service, situation, decision);
  if (is_told) {
    record_decision(turn, service, decision);
  } else {
    take_effect(service, decision, turn.now);
  }
  service.moments.add({.decided = service,
                       .scale = service.settings->scale,
                       .series = service.series,
                       .prediction = service.prediction,
                       .situation = situation,
                       .decision = decision,
                       .is_told = is_told});
  tell_breaches(turn, service, situation);
}

void ask_ahead(Turn& turn, ServiceRecord& service, Duration ahead) {
  if (!service.settings || service.is_static()) return;
  const ScaleSettings& scale = service.settings->scale;
  const auto forecast = forecast_for(service.series, seconds_in(ahead), scale.shortage);
  if (!forecast) return;
  const std::uint32_t workers = workers_for(*forecast, capacity_of(service), scale.shortage);
  service.asked = AskedFloor{
      .workers = workers,
      .until = turn.now + ahead + kDecisionPeriod,
      .reason = text_of("asked for %.0f s ahead: the %s forecast of %.2f needs %s",
                        seconds_in(ahead), name_of(forecast->forecaster), forecast->point,
                        workers_of(workers, capacity_of(service)).c_str())};
}

}  // namespace foretide::coordinator
