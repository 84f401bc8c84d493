#include "tests/simulation/number_watch.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace foretide::simulation {
namespace {

using coordinator::Decision;
using coordinator::DemandSeries;
using coordinator::ServiceRecord;
using coordinator::State;

// What is ordered by people, by hand or in the cluster file.
bool is_ordered(const Decision& decision) {
  constexpr std::string_view kOrders[] = {"manual",  "paused",    "min",  "max",
                                          "adopted", "scheduled", "asked"};
  return std::find(std::begin(kOrders), std::end(kOrders), decision.rule) != std::end(kOrders);
}

std::string step_of(const Decision& decision) {
  return decision.service.text + " goes from " + std::to_string(decision.from) + " to " +
         std::to_string(decision.to) + " by " + decision.rule;
}

}  // namespace

std::string text_of(const NumberChange& change) {
  return std::to_string(seconds_in(change.at.time_since_epoch())) + " s " + change.service.text +
         " " + std::to_string(change.from) + " -> " + std::to_string(change.to) + " by " +
         change.rule;
}

void NumberWatch::saw(const State& state, const Decision& decision) {
  if (decision.from == decision.to) return;
  changes_.push_back(
      {ground_.queue.now(), decision.service, decision.from, decision.to, decision.rule});
  const auto service = state.services.find(decision.service);
  if (service == state.services.end() || !service->second.settings) return;
  check_asked(service->second, decision);
  if (decision.rule != "adopted") check_bounds(service->second, decision.to);
  check_swing(decision);
}

void NumberWatch::check_bounds(const ServiceRecord& service, std::uint32_t number) {
  const ScaleSettings& scale = service.settings->scale;
  if (number >= scale.min && number <= scale.max) return;
  ground_.verdict.broken("out-of-bounds", std::to_string(number) + " workers of " +
                                              service.id.text + " are asked for; min is " +
                                              std::to_string(scale.min) + " and max " +
                                              std::to_string(scale.max));
}

void NumberWatch::check_asked(const ServiceRecord& service, const Decision& decision) {
  constexpr Duration kFresh = std::chrono::seconds(15), kSettles = std::chrono::seconds(240);
  if (decision.rule == "predicted" &&
      service.settings->scale.predict != ScaleSettings::Predict::kAuto) {
    ground_.verdict.broken("unasked", step_of(decision) + " although prediction is not on");
  }
  const Duration quiet = quiet_ ? quiet_(decision.service) : Duration{};
  // A rise may follow from a reload, which lets in what was seen before.
  const bool is_guess = decision.to < decision.from || decision.rule == "predicted";
  if (quiet > kFresh && is_guess && !is_ordered(decision)) {
    ground_.verdict.broken("moves-blind", step_of(decision) +
                                              " although no balancer was heard for " +
                                              std::to_string(seconds_in(quiet)) + " s");
  }
  const Duration resting = resting_since_ ? ground_.queue.now() - *resting_since_ : Duration{};
  // What a balancer keeps back for a moment, by what it learned of its workers, is a backlog too.
  const bool rises = decision.to > decision.from && decision.rule != "backlog";
  if (rises && resting > kSettles) {
    ground_.verdict.broken("restless",
                           step_of(decision) + ", " + std::to_string(seconds_in(resting)) +
                               " s after demand became a clockwork: " + decision.reason);
  }
}

// A turn after a swing of one worker or a quarter of them counts, but not by hand, from or to zero,
// or when nothing comes: those are orders and demand's own. Four within five minutes or more are
// the budget; the rise after the last of them may be the fifth.
void NumberWatch::check_swing(const Decision& decision) {
  constexpr std::size_t kTurnsMost = 5;
  constexpr Duration kWithin = std::chrono::minutes(5);
  if (decision.rule == "manual" || decision.rule == "paused" || decision.rule == "adopted") return;
  Swing& swing = swings_[decision.service];
  // Woken, or taken out of the cluster file and put in again: it begins anew.
  if (decision.from == 0) swing = {};
  const Way way = decision.to > decision.from ? Way::kUp : Way::kDown;
  if (way == swing.way) return;
  const auto [low, high] = std::minmax(swing.turned_at, decision.from);
  const bool is_small = low > 0 && high - low <= std::max(1U, high / 4);
  const bool is_first = swing.way == Way::kNone;
  swing.way = way;
  swing.turned_at = decision.from;
  if (is_first || !is_small || is_ordered(decision)) return;
  if (decision.demand.value_or(0.0) <= 0.0) return;
  swing.turns.push_back(ground_.queue.now());
  while (swing.turns.front() + kWithin < ground_.queue.now()) swing.turns.pop_front();
  if (swing.turns.size() <= kTurnsMost) return;
  ground_.verdict.broken("flapping", step_of(decision) + " and has turned " +
                                         std::to_string(swing.turns.size()) + " times within " +
                                         std::to_string(seconds_in(kWithin)) + " s");
}

// Reports come late and are spread over the time since the last one: what is held against a minute
// of load is what came in that minute and a while before, and only while nobody was silent. A
// coordinator that stood still looks again after a gap, and begins anew.
void NumberWatch::check_load(const ServiceRecord& service, Instant coordinator_now) {
  constexpr std::int64_t kOver = 60, kBefore = 20;
  constexpr double kSlackShare = 1.3, kSlackRequests = 4.0;
  constexpr Duration kInTime = std::chrono::seconds(5);
  const Instant since = reported_since_.emplace(service.id, ground_.queue.now()).first->second;
  if (silence_ && silence_(service.id) > kInTime) reported_since_.erase(service.id);
  if (ground_.queue.now() - since < std::chrono::seconds(kOver + kBefore)) return;
  const auto served = served_seconds_.find(service.id);
  if (served == served_seconds_.end()) return;
  const std::int64_t end = service.series.end();
  double load = 0.0;
  for (std::int64_t second = end - kOver; second < end; ++second) {
    load += service.series.load(second).value_or(0.0);
  }
  const Duration ago = std::chrono::seconds(DemandSeries::second_of(coordinator_now) - end);
  const Instant to = ground_.queue.now() - ago;
  const Instant from = to - std::chrono::seconds(kOver + kBefore);
  const double came = ground_.demand.requests(service.id, from, to);
  const double most = (kSlackShare * came + kSlackRequests) * served->second;
  if (load <= most) return;
  ground_.verdict.broken("waiting-counts",
                         "a minute's demand of " + service.id.text + " is taken for " +
                             std::to_string(load) + " request seconds; " + std::to_string(came) +
                             " requests came, of " + std::to_string(served->second) + " s each");
}

void NumberWatch::check_forecast(const ServiceRecord& service) {
  if (!service.foresight || !service.settings) return;
  // After a reload the former predictor speaks until another is grown.
  std::uint32_t& most = max_[service.id];
  most = std::max({most, 1U, service.settings->scale.max});
  const double expected = service.foresight->expected;
  constexpr double kRounding = 1e-3;
  if (std::isfinite(expected) && expected >= 0.0 && expected <= most + kRounding) return;
  ground_.verdict.broken("wild-forecast", service.id.text + " is foretold to need " +
                                              std::to_string(expected) + " workers; there may be " +
                                              std::to_string(most));
}

void NumberWatch::look(const State& state, Instant coordinator_now) {
  constexpr Duration kGap = std::chrono::seconds(3);
  if (ground_.queue.now() - looked_at_ > kGap) reported_since_.clear();
  looked_at_ = ground_.queue.now();
  for (const auto& [id, service] : state.services) {
    if (!service.settings || service.is_static()) continue;
    if (service.desired) check_bounds(service, *service.desired);
    check_load(service, coordinator_now);
    check_forecast(service);
  }
}

}  // namespace foretide::simulation
