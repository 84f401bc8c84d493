#include "coordinator/core/views.hpp"

#include <algorithm>
#include <cmath>

#include "coordinator/core/capacity.hpp"
#include "coordinator/core/forecast_choice.hpp"

namespace foretide::coordinator {
namespace {

bool is_on_lost_node(const State& state, const WorkerRecord& worker, Instant now) {
  const auto node = state.nodes.find(worker.node);
  return node == state.nodes.end() || node->second.is_lost(now);
}

std::string phase_name(const WorkerRecord& worker) {
  if (!worker.report) return "starting";
  switch (worker.report->phase) {
    case wire::WorkerPhase::kStarting:
      return "starting";
    case wire::WorkerPhase::kReady:
      return "ready";
    case wire::WorkerPhase::kBackingOff:
      return "backing-off";
    case wire::WorkerPhase::kStopping:
      return "stopping";
    case wire::WorkerPhase::kEnded:
      return "ended";
    case wire::WorkerPhase::kRefused:
      return "refused";
  }
  return "starting";
}

std::string state_name(const State& state, const WorkerRecord& worker, Instant now) {
  switch (worker.stage) {
    case WorkerStage::kGone:
      return "ended";
    case WorkerStage::kStopping:
      return "stopping";
    case WorkerStage::kDraining:
      return "draining";
    case WorkerStage::kServing:
      break;
  }
  return is_on_lost_node(state, worker, now) ? "lost" : phase_name(worker);
}

WorkerView view_of(const State& state, const WorkerRecord& worker, Instant now) {
  WorkerView view;
  view.id = worker.id;
  view.service = worker.service;
  view.node = worker.node;
  view.release = worker.release;
  view.state = state_name(state, worker, now);
  view.in_flight = worker.in_flight();
  for (const auto& [balancer, use] : worker.use) {
    view.completed_total += use.completed_total;
    view.failed_total += use.failed_total;
  }
  if (worker.address.port != 0) view.address = worker.address.text();
  if (worker.lateness_told != LatenessTold::kNothing && worker.is_starting()) {
    view.reason = "its start is overdue";
  }
  if (worker.stage == WorkerStage::kDraining) view.reason = worker.drain_reason;
  if (worker.report) {
    const wire::WorkerReport& report = *worker.report;
    view.pid = report.pid;
    if (report.start_ms) view.start_seconds = static_cast<double>(*report.start_ms) / 1000.0;
    view.failures = report.failures;
    if (!report.reason.empty()) view.reason = report.reason;
    view.last_output = report.last_output;
  }
  if (worker.sample) {
    view.cpu_cores = worker.sample->cpu_cores;
    view.resident_bytes = worker.sample->resident_bytes;
  }
  return view;
}

void count_workers(const State& state, const ServiceRecord& service, Instant now,
                   ServiceView& view) {
  for (const auto& [id, worker] : service.workers) {
    view.workers.push_back(view_of(state, worker, now));
    const std::string& name = view.workers.back().state;
    if (name == "ready") ++view.ready;
    if (name == "starting") ++view.starting;
    if (name == "draining" || name == "stopping") ++view.draining;
    if (name == "backing-off" || name == "refused") ++view.failing;
  }
}

void tell_decisions(const ServiceRecord& service, Instant now, ServiceView& view) {
  const auto last = std::find_if(service.decisions.rbegin(), service.decisions.rend(),
                                 [](const Decision& d) { return d.from != d.to; });
  if (last != service.decisions.rend()) view.last_decision = *last;
  if (!service.manual) return;
  ManualView manual{.count = service.manual->count, .expires_in_seconds = {}};
  if (service.manual->until) manual.expires_in_seconds = seconds_in(*service.manual->until - now);
  view.manual = manual;
}

std::string prediction_text(const ServiceRecord& service) {
  if (!service.settings || service.is_static()) return "";
  using Predict = ScaleSettings::Predict;
  const Predict mode = service.settings->scale.predict;
  if (mode == Predict::kOff) return "off in the cluster file";
  const std::string text =
      service.foresight ? text_of(*service.foresight) : "learning: nothing is known yet";
  return (mode == Predict::kShadow ? "in the shadow; " : "") + text;
}

void tell_demand(const ServiceRecord& service, Instant now, ServiceView& view) {
  view.demand = service.series.latest(now, std::chrono::seconds(10));
  if (service.foresight && service.settings) {
    view.forecast = service.foresight->load();
    view.forecaster = name_of(service.foresight->policy);
  }
  view.prediction = prediction_text(service);
  view.lead_time_seconds = seconds_in(lead_time_for(service.start_times));
  view.service_time_seconds = service.service_time.mean();
}

CapacityKindView view_of(const KindCapacity& kind) {
  const CapacityEstimate& estimate = kind.estimate;
  CapacityKindView view{.cpus = kind.cpus,
                        .learned = kind.settled,
                        .knee = estimate.knee,
                        .at_least = {},
                        .standard_error = {},
                        .confidence = name_of(estimate.confidence),
                        .by = {}};
  if (estimate.knee) {
    view.standard_error = estimate.relative_error * *estimate.knee;
    view.by = name_of(estimate.by);
  } else if (estimate.served > 0.0) {
    view.at_least = estimate.served;
  }
  return view;
}

void tell_capacity(const ServiceRecord& service, ServiceView& view) {
  view.capacity_per_worker = capacity_of(service);
  if (service.is_static()) return;
  view.capacity = CapacityView{
      .given = service.settings->gives_capacity(), .text = capacity_words(service), .kinds = {}};
  for (const KindCapacity& kind : service.capacity.kinds) {
    if (kind.release == service.release) view.capacity->kinds.push_back(view_of(kind));
  }
}

ServiceView view_of(const State& state, const ServiceRecord& service, Instant now) {
  ServiceView view;
  view.id = service.id;
  view.removed = !service.settings;
  view.upstreams = service.is_static();
  view.release = service.release;
  if (service.settings) {
    view.min = service.settings->scale.min;
    view.max = service.settings->scale.max;
    tell_capacity(service, view);
  }
  if (service.paused) {
    view.pause = PauseView{.direction = service.paused->direction, .expires_in_seconds = {}};
    const auto until = service.paused->until;
    if (until) view.pause->expires_in_seconds = seconds_in(*until - now);
  }
  view.stopped_starts = stopped_starts_of(service, now);
  view.reported = !service.traffic.empty();
  view.desired = service.desired.value_or(0);
  view.arrivals_total = service.totals.arrivals;
  view.completed_total = service.totals.completed;
  view.failed_total = service.totals.failed;
  view.refused_total = service.totals.refused;
  view.held_total = service.totals.held;
  view.held = service.held();
  view.in_flight = service.in_flight();
  tell_demand(service, now, view);
  tell_decisions(service, now, view);
  view.feedback = feedback_view(service, now);
  count_workers(state, service, now, view);
  view.signals = signal_readings(service, view.ready, now);
  if (view.ready + view.starting + view.failing < view.desired) {
    view.no_place = service.told_no_place;
  }
  return view;
}

NodeView view_of(const NodeRecord& node, Instant now) {
  NodeView view;
  view.id = node.id;
  view.address = node.address;
  view.version = node.version;
  view.draining = node.draining;
  view.state = node.is_lost(now)      ? "lost"
               : node.is_suspect(now) ? "suspect"
               : node.merged          ? "live"
                                      : "joining";
  view.cpus = node.cpus;
  view.memory_bytes = node.memory_bytes;
  view.sample = node.sample;
  view.workers = static_cast<std::uint32_t>(node.workers.size());
  view.parse_errors = node.parse_errors;
  view.heard_seconds_ago = seconds_in(now - node.heard_at);
  view.missing = node.missing;
  return view;
}

}  // namespace

std::vector<ServiceView> service_views(const State& state, Instant now) {
  std::vector<ServiceView> views;
  for (const auto& [id, service] : state.services) views.push_back(view_of(state, service, now));
  return views;
}

std::optional<ServiceView> service_view(const State& state, const ServiceId& id, Instant now) {
  const auto service = state.services.find(id);
  if (service == state.services.end()) return std::nullopt;
  return view_of(state, service->second, now);
}

std::vector<WorkerView> worker_views(const State& state, Instant now) {
  std::vector<WorkerView> views;
  for (const auto& [name, service] : state.services) {
    for (const auto& [id, worker] : service.workers) views.push_back(view_of(state, worker, now));
  }
  return views;
}

std::vector<NodeView> node_views(const State& state, Instant now) {
  std::vector<NodeView> views;
  for (const auto& [id, node] : state.nodes) views.push_back(view_of(node, now));
  return views;
}

std::vector<BalancerView> balancer_views(const State& state, Instant now) {
  std::vector<BalancerView> views;
  for (const auto& [id, balancer] : state.balancers) {
    views.push_back({.id = id,
                     .state = balancer.is_live(now) ? "live" : "silent",
                     .address = balancer.address,
                     .version = balancer.version,
                     .traffic = balancer.traffic,
                     .heard_seconds_ago = seconds_in(now - balancer.heard_at)});
  }
  return views;
}

std::optional<Forecast> forecast_ahead(const State& state, const ServiceId& id, Duration ahead,
                                       Instant /*now*/) {
  const auto service = state.services.find(id);
  if (service == state.services.end() || !service->second.settings) return std::nullopt;
  return forecast_for(service->second.series, seconds_in(ahead),
                      service->second.settings->scale.shortage);
}

}  // namespace foretide::coordinator
