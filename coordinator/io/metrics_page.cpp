#include "coordinator/io/metrics_page.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/metrics/exposition.hpp"
#include "coordinator/core/text.hpp"
#include "coordinator/core/views.hpp"

namespace foretide::coordinator {
namespace {

using Number = std::optional<double>;

double number(std::uint64_t count) {
  return static_cast<double>(count);
}

void add_service(Exposition& page, const ServiceView& service) {
  const Exposition::Labels labels = {{"service", service.id.text}};
  const auto gauge = [&](const char* name, const char* help, Number value) {
    if (value) page.gauge(name, help, labels, *value);  // what is not known has no sample
  };
  // Right after our start a total of nothing would look like a counter that began anew.
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    if (service.reported) page.counter(name, help, labels, number(value));
  };
  gauge("foretide_service_desired_workers", "Workers that the service should have.",
        service.desired);
  gauge("foretide_service_demand_requests", "Load offered, in requests in flight.", service.demand);
  gauge("foretide_service_forecast_requests",
        "Load expected one lead time ahead, in requests in flight.", service.forecast);
  gauge("foretide_service_capacity_requests", "Load that one worker serves well.",
        service.capacity_per_worker);
  gauge("foretide_service_lead_time_seconds", "Time a new worker needs to become ready.",
        service.lead_time_seconds);
  gauge("foretide_service_held_requests", "Requests that wait for a worker now.", service.held);
  gauge("foretide_service_in_flight_requests", "Requests that workers serve now.",
        service.in_flight);
  counter("foretide_service_arrivals_total", "Requests that arrived.", service.arrivals_total);
  counter("foretide_service_completed_total", "Requests that a worker answered.",
          service.completed_total);
  counter("foretide_service_failed_total", "Requests that failed on the way.",
          service.failed_total);
  counter("foretide_service_refused_total", "Requests that were refused.", service.refused_total);
  counter("foretide_service_waited_total", "Requests that had to wait for a worker.",
          service.held_total);

  for (const SignalReading& signal : service.signals) {
    if (const auto ratio = signal.ratio()) {
      page.gauge("foretide_service_signal_ratio", "A signal's value over its limit.",
                 {{"service", service.id.text}, {"signal", signal.name}}, *ratio);
    }
  }
  std::map<std::string, double> by_state;
  for (const WorkerView& worker : service.workers) by_state[worker.state] += 1;
  for (const auto& [state, count] : by_state)
    page.gauge("foretide_workers", "Workers by state.",
               {{"service", service.id.text}, {"state", state}}, count);
}

void add_capacity(Exposition& page, const ServiceView& service) {
  if (!service.capacity) return;
  for (const CapacityKindView& kind : service.capacity->kinds) {
    const Exposition::Labels labels = {{"service", service.id.text},
                                       {"cpus", text_of("%.3g", kind.cpus)}};
    const auto gauge = [&](const char* name, const char* help, Number value) {
      if (value) page.gauge(name, help, labels, *value);
    };
    gauge("foretide_service_learned_capacity_requests",
          "Load that a worker with so many CPUs was learned to serve well.", kind.learned);
    gauge("foretide_service_knee_requests",
          "Load of a worker from which on requests were seen to wait for one another.", kind.knee);
    gauge("foretide_service_knee_error_requests", "Standard error of that.", kind.standard_error);
    gauge("foretide_service_capacity_confident", "1 where it is sure enough to be used, else 0.",
          kind.confidence == "good" ? 1.0 : 0.0);
  }
}

void add_starts(Exposition& page, const ServiceView& service) {
  const FeedbackView& feedback = service.feedback;
  if (!feedback.start) return;
  page.summary("foretide_service_start_seconds",
               "Time from a worker's exec until it was ready; quantiles of the last 32 starts.",
               {{"service", service.id.text}},
               {.quantiles = {{0.5, feedback.start->p50_seconds},
                              {0.9, feedback.start->p90_seconds},
                              {0.99, feedback.start->p99_seconds}},
                .total = feedback.starts_total,
                .sum = feedback.start_seconds_total});
}

void add_waits(Exposition& page, const ServiceView& service) {
  if (!service.reported || service.upstreams) return;
  for (std::size_t i = 0; i < kCauses; ++i) {
    const Cause cause = static_cast<Cause>(i);
    page.counter("foretide_service_waited_requests_total",
                 "Requests that waited for a worker or were refused, by what would have helped.",
                 {{"service", service.id.text}, {"cause", name_of(cause)}},
                 number(service.feedback.waits.of(cause)));
  }
}

void add_feedback(Exposition& page, const ServiceView& service) {
  const FeedbackView& feedback = service.feedback;
  const auto gauge = [&](const char* name, const char* help, Number value,
                         Exposition::Labels labels = {}) {
    labels["service"] = service.id.text;
    if (value) page.gauge(name, help, std::move(labels), *value);
  };
  gauge("foretide_service_forecast_error_ratio",
        "Mean error of the forecasts over that of the last value known when they were given.",
        feedback.forecast_error_ratio);
  gauge("foretide_service_forecast_bias_ratio",
        "By what share of the load the forecasts were too high.", feedback.forecast_bias);
  gauge("foretide_service_forecast_coverage_ratio",
        "Share of time whose load the workers that prediction asked for could have carried.",
        feedback.coverage);
  const char* unserved = "Share of the demand that found no free worker.";
  gauge("foretide_service_unserved_ratio", unserved, feedback.unserved_share_hour,
        {{"window", "hour"}});
  gauge("foretide_service_unserved_ratio", unserved, feedback.unserved_share_day,
        {{"window", "day"}});
  const char* idle = "Share of what ready workers could have carried that nobody asked for.";
  gauge("foretide_service_idle_ratio", idle, feedback.idle_share_hour, {{"window", "hour"}});
  gauge("foretide_service_idle_ratio", idle, feedback.idle_share_day, {{"window", "day"}});
  if (feedback.prediction_state.empty()) return;
  for (const char* state : {"on", "off", "learning", "shadow"}) {
    gauge("foretide_service_prediction_state", "1 for the state that prediction is in.",
          feedback.prediction_state == state ? 1.0 : 0.0, {{"state", state}});
  }
}

template <class View>
void add_hosts(Exposition& page, const char* name, const char* help, const std::vector<View>& hosts,
               std::initializer_list<const char*> states) {
  for (const char* state : states) {
    double count = 0;
    for (const View& host : hosts) count += host.state == state ? 1 : 0;
    page.gauge(name, help, {{"state", state}}, count);
  }
}

void add_messages(Exposition& page, const MetricsInput& input) {
  const auto total = [&](const char* name, const char* help, std::uint64_t value) {
    page.counter(name, help, {}, number(value));
  };
  total("foretide_messages_received_total", "Messages from agents, balancers and joiners.",
        input.inbox.received);
  total("foretide_messages_sent_total", "Messages sent.", input.channel.sent);
  total("foretide_messages_dropped_total", "Messages dropped by the channel.",
        input.channel.dropped);
  total("foretide_handshakes_refused_total", "Connections refused because their key is not known.",
        input.channel.refused_handshakes);
  const auto ignored = [&](const char* reason, std::uint64_t value) {
    page.counter("foretide_messages_ignored_total", "Messages that were received and not used.",
                 {{"reason", reason}}, number(value));
  };
  ignored("undecodable", input.inbox.undecodable);
  ignored("misplaced", input.inbox.misplaced);
  ignored("stale", input.inbox.stale);
  ignored("muted", input.inbox.ignored);
}

void add_refused(Exposition& page, const char* role, const RefusedReports& refused) {
  const auto total = [&](const char* reason, std::uint64_t value) {
    page.counter("foretide_reports_refused_total",
                 "Reports dropped as a whole for a number that cannot be true.",
                 {{"role", role}, {"reason", reason}}, number(value));
  };
  total("not_finite", refused.not_finite);
  total("negative", refused.negative);
  total("absurd", refused.absurd);
}

void add_queues(Exposition& page, const std::vector<QueueCounts>& queues) {
  for (const QueueCounts& queue : queues) {
    for (const auto& [outcome, value] :
         {std::pair{"answered", queue.answered}, std::pair{"failed", queue.failed},
          std::pair{"refused", queue.refused}}) {
      page.counter(
          "foretide_queue_asked_total",
          "Times that a queue was asked for its length; refused: it cannot be true.",
          {{"service", queue.service.text}, {"signal", queue.signal}, {"outcome", outcome}},
          number(value));
    }
  }
}

}  // namespace

std::string metrics_page(const MetricsInput& input) {
  Exposition page;
  page.gauge("foretide_epoch", "Which life of the coordinator this is.", {},
             number(input.state.epoch));
  page.gauge("foretide_uptime_seconds", "Since this coordinator began.", {},
             seconds_in(input.state.age(input.now)));
  page.counter("foretide_decisions_total", "Decisions recorded.", {},
               number(input.decisions_total));
  page.counter("foretide_reloads_total", "Cluster files taken in.", {},
               number(input.reloads_total));
  page.counter("foretide_reload_errors_total", "Cluster files refused.", {},
               number(input.reload_errors_total));
  page.gauge("foretide_store_writable", "1 while what is decided can be stored.", {},
             input.store_writes ? 1 : 0);
  for (const ServiceView& service : service_views(input.state, input.now)) {
    add_service(page, service);
    add_feedback(page, service);
    add_waits(page, service);
    add_starts(page, service);
    add_capacity(page, service);
  }
  add_hosts(page, "foretide_nodes", "Nodes by state.", node_views(input.state, input.now),
            {"live", "joining", "suspect", "lost"});
  add_hosts(page, "foretide_balancers", "Balancers by state.",
            balancer_views(input.state, input.now), {"live", "silent"});
  add_messages(page, input);
  add_refused(page, "agent", input.inbox.of_agents);
  add_refused(page, "balancer", input.inbox.of_balancers);
  add_queues(page, input.queues);
  page.histogram("foretide_step_seconds", "Time that one step of the core took.", {},
                 input.step_times);
  return page.text();
}

}  // namespace foretide::coordinator
