#include "coordinator/core/traffic.hpp"

#include <algorithm>

#include "common/wire/durations.hpp"
#include "coordinator/core/capacity.hpp"
#include "coordinator/core/routes.hpp"
#include "coordinator/core/sessions.hpp"

namespace foretide::coordinator {
namespace {

// Reports that arrive together still cover a moment each.
constexpr Duration kSpanMin = std::chrono::milliseconds(1);

bool is_overloaded(const ServiceRecord& service, std::uint32_t in_flight) {
  if (!service.settings || service.is_static()) return false;
  return in_flight > ready_count(service) * capacity_of(service);
}

// A counter's, between two reports of one session.
std::uint64_t growth(std::uint64_t later, std::uint64_t earlier) {
  return later > earlier ? later - earlier : 0;
}

void count_totals(TrafficTotals& totals, const wire::ServiceTraffic& now,
                  const wire::ServiceTraffic& before) {
  totals.arrivals += growth(now.arrivals_total, before.arrivals_total);
  totals.completed += growth(now.completed_total, before.completed_total);
  totals.failed += growth(now.failed_total, before.failed_total);
  totals.refused += growth(now.refused_total, before.refused_total);
  totals.held += growth(now.held_total, before.held_total);
}

// What waited is booked to its cause with the next decision.
void count_waits(ServiceRecord& service, const wire::ServiceTraffic& now,
                 const wire::ServiceTraffic& before) {
  if (service.is_static()) return;
  const std::uint64_t held = growth(now.held_total, before.held_total);
  const std::uint64_t refused = growth(now.refused_total, before.refused_total);
  // Who waited in vain was counted when it began to wait. An older balancer does not tell.
  const std::uint64_t in_vain =
      growth(now.refused_held_total.value_or(0), before.refused_held_total.value_or(0));
  service.feedback.count_requests(growth(now.arrivals_total, before.arrivals_total),
                                  held + refused - std::min(refused, in_vain));
}

void count_demand(ServiceRecord& service, const BalancerId& balancer, const TrafficTrace& before,
                  std::uint32_t in_flight_before) {
  const TrafficTrace& trace = service.traffic.at(balancer);
  const wire::ServiceTraffic& counts = trace.counts;
  const Instant now = trace.heard_at, from = std::min(before.heard_at, now - kSpanMin);
  const double arrivals = counted_since(counts.arrivals_total, before.counts.arrivals_total);
  const double busy = std::max(0.0, counts.busy_seconds_total - before.counts.busy_seconds_total);
  service.series.add(from, now, arrivals);
  service.recent.add(balancer, from, now, arrivals, busy);
  service.service_time.add(
      {.seconds = seconds_in(now - from),
       .busy_seconds = busy,
       .completed = counted_since(counts.completed_total + counts.failed_total,
                                  before.counts.completed_total + before.counts.failed_total),
       .in_flight_change = static_cast<double>(counts.in_flight) - before.counts.in_flight,
       .overloaded = is_overloaded(service, std::max(service.in_flight(), in_flight_before))});
}

// A balancer of an older version tells none, and what it serves is left out. So is what is served
// while all workers are new: who waited for the first of them waited for its start.
void count_durations(ServiceRecord& service, const wire::ServiceTraffic& before,
                     const wire::ServiceTraffic& counts, Instant now) {
  if (!service.settings || service.settings->scale.signals.empty()) return;
  if (!before.durations || !counts.durations || !has_warm(service.workers)) return;
  const auto earlier = wire::counts_in(*before.durations),
             later = wire::counts_in(*counts.durations);
  if (earlier && later) service.signals.durations.add(now, later->since(*earlier));
}

void count_workers(ServiceRecord& service, const BalancerId& balancer,
                   const wire::ServiceTraffic& counts) {
  for (auto& [id, worker] : service.workers) {
    const auto said = std::find_if(counts.endpoints.begin(), counts.endpoints.end(),
                                   [&id = id](const auto& use) { return use.id == id; });
    if (said == counts.endpoints.end()) {
      worker.use.erase(balancer);
    } else {
      worker.use[balancer] = {said->in_flight, said->completed_total, said->failed_total};
    }
  }
}

bool is_known(const ServiceRecord& service, const WorkerId& id) {
  if (service.workers.contains(id)) return true;
  if (!service.is_static()) return false;
  const auto& upstreams = service.settings->upstreams;
  return std::any_of(upstreams.begin(), upstreams.end(), [&](const Address& upstream) {
    return upstream_id(service.id, upstream) == id;
  });
}

// A balancer that comes back from afar may hold endpoints of workers that are long forgotten here.
// As long as our memory is whole (it knows every worker of every set), what it does not know is
// gone. After a lost store it is taken for whole once everyone has had five minutes to report. Of
// upstreams the cluster file is the whole truth.
void disabuse(Turn& turn, ServiceRecord& service, BalancerRecord& balancer,
              const wire::ServiceTraffic& counts) {
  constexpr Duration kEveryoneHasSpoken = std::chrono::minutes(5);
  const bool forgetful =
      turn.state.store_was_behind && turn.state.age(turn.now) < kEveryoneHasSpoken;
  if (!service.is_static() && (turn.is_young() || forgetful)) return;
  for (const wire::EndpointTraffic& use : counts.endpoints) {
    if (is_known(service, use.id) || !balancer.disabused.insert(use.id).second) continue;
    const auto same = [&](const Farewell& farewell) { return farewell.id == use.id; };
    if (std::any_of(service.farewells.begin(), service.farewells.end(), same)) continue;
    service.farewells.push_back({use.id, {}, {}});
    turn.services.insert(service.id);
  }
}

bool is_urgent(const ServiceRecord& service) {
  const auto retiring = [](const auto& worker) {
    return worker.second.stage != WorkerStage::kServing;
  };
  return service.held() > 0 || is_overloaded(service, service.in_flight()) ||
         std::any_of(service.workers.begin(), service.workers.end(), retiring);
}

void take(Turn& turn, BalancerRecord& balancer, std::uint64_t at_ms,
          const wire::ServiceTraffic& counts) {
  const auto found = turn.state.services.find(counts.service);
  if (found == turn.state.services.end()) return;
  ServiceRecord& service = found->second;
  TrafficTrace& trace = service.traffic[balancer.id];
  const bool continues = trace.session == balancer.session;
  if (continues && at_ms <= trace.at_ms) return;
  const std::uint32_t in_flight_before = service.in_flight();
  const TrafficTrace before = continues ? std::move(trace) : TrafficTrace{};
  trace = {.session = balancer.session, .at_ms = at_ms, .heard_at = turn.now, .counts = counts};
  count_totals(service.totals, counts, before.counts);
  if (continues) {
    count_demand(service, balancer.id, before, in_flight_before);
    count_waits(service, counts, before.counts);
    count_durations(service, before.counts, counts, turn.now);
  }
  const bool asked = continues && counts.arrivals_total > before.counts.arrivals_total;
  if (asked || counts.held > 0 || counts.in_flight > 0) service.last_request = turn.now;
  count_workers(service, balancer.id, counts);
  if (continues) learn_capacity(turn.state, service, balancer.id, before, turn.now);
  disabuse(turn, service, balancer, counts);
  if (is_urgent(service)) turn.services.insert(service.id);
}

void forget_counts(State& state, const BalancerId& balancer) {
  for (auto& [name, service] : state.services) {
    service.traffic.erase(balancer);
    for (auto& [id, worker] : service.workers) worker.use.erase(balancer);
  }
}

}  // namespace

double counted_since(std::uint64_t now, std::uint64_t before) {
  return static_cast<double>(growth(now, before));
}

std::uint32_t ready_count(const ServiceRecord& service) {
  return static_cast<std::uint32_t>(
      std::count_if(service.workers.begin(), service.workers.end(), [](const auto& worker) {
        return worker.second.stage == WorkerStage::kServing && worker.second.is_ready();
      }));
}

void apply(Turn& turn, const TrafficReported& event) {
  BalancerRecord& balancer = balancer_named(turn, event.balancer);
  if (!is_session(turn, balancer, event.session)) return;
  balancer.heard_at = turn.now;
  for (const wire::ServiceTraffic& counts : event.report.services) {
    take(turn, balancer, event.report.at_ms, counts);
  }
}

void apply(Turn& turn, const BalancerRemoved& event) {
  if (turn.state.balancers.erase(event.balancer) == 0) return;
  forget_counts(turn.state, event.balancer);
  for (const auto& [id, service] : turn.state.services) turn.services.insert(id);
  tell(turn, {.kind = "balancer", .text = "balancer " + event.balancer.text + " was removed"});
}

void forget_levels(State& state, const BalancerId& balancer) {
  for (auto& [name, service] : state.services) {
    const auto trace = service.traffic.find(balancer);
    if (trace == service.traffic.end()) continue;
    trace->second.counts.held = 0;
    trace->second.counts.in_flight = 0;
    for (auto& [id, worker] : service.workers) {
      if (const auto use = worker.use.find(balancer); use != worker.use.end()) {
        use->second.in_flight = 0;
      }
    }
  }
}

void watch_balancers(Turn& turn) {
  for (auto& [id, balancer] : turn.state.balancers) {
    const bool silent = turn.now - balancer.heard_at >= kBalancerSilentAfter;
    if (silent && !balancer.silence_told) {
      forget_levels(turn.state, id);
      tell(turn, {.kind = "balancer", .text = "balancer " + id.text + " is silent"});
    } else if (!silent && balancer.silence_told) {
      tell(turn, {.kind = "balancer", .text = "balancer " + id.text + " is back"});
    }
    balancer.silence_told = silent;
  }
  std::erase_if(turn.state.balancers, [&](const auto& entry) {
    if (turn.now - entry.second.heard_at < kBalancerForgottenAfter) return false;
    forget_counts(turn.state, entry.first);
    return true;
  });
}

}  // namespace foretide::coordinator
