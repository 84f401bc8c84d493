#include "coordinator/io/metrics_page.hpp"

#include <charconv>
#include <map>
#include <string_view>
#include <vector>

#include "coordinator/core/views.hpp"

namespace foretide::coordinator {
namespace {

std::string number_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text + '"';
}

// One family after the other: its head, then its samples.
class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
    text_.append(name).append(" ").append(type).append("\n");
  }
  void sample(std::string_view labels, double value, std::string_view suffix = {}) {
    text_.append(name_).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(number_text(value)).append("\n");
  }
  void single(std::string_view name, std::string_view type, std::string_view help, double value) {
    family(name, type, help);
    sample({}, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_, text_;
};

std::string service_label(const ServiceView& service) {
  return "service=" + quoted(service.id.text);
}

template <class Value>
void per_service(Page& page, const std::vector<ServiceView>& services, std::string_view name,
                 std::string_view type, std::string_view help, Value value) {
  page.family(name, type, help);
  for (const ServiceView& service : services) {
    // What is not known has no sample.
    if (const std::optional<double> number = value(service))
      page.sample(service_label(service), *number);
  }
}

void add_services(Page& page, const std::vector<ServiceView>& all) {
  using V = const ServiceView&;
  using Number = std::optional<double>;
  per_service(page, all, "foretide_service_desired_workers", "gauge",
              "Workers that the service should have.", [](V s) -> Number { return s.desired; });
  per_service(page, all, "foretide_service_demand_requests", "gauge",
              "Load offered, in requests in flight.", [](V s) { return s.demand; });
  per_service(page, all, "foretide_service_forecast_requests", "gauge",
              "Load expected one lead time ahead, in requests in flight.",
              [](V s) { return s.forecast; });
  per_service(page, all, "foretide_service_capacity_requests", "gauge",
              "Load that one worker serves well.",
              [](V s) -> Number { return s.capacity_per_worker; });
  per_service(page, all, "foretide_service_lead_time_seconds", "gauge",
              "Time a new worker needs to become ready.",
              [](V s) -> Number { return s.lead_time_seconds; });
  per_service(page, all, "foretide_service_held_requests", "gauge",
              "Requests that wait for a worker now.", [](V s) -> Number { return s.held; });
  per_service(page, all, "foretide_service_in_flight_requests", "gauge",
              "Requests that workers serve now.", [](V s) -> Number { return s.in_flight; });
  per_service(page, all, "foretide_service_arrivals_total", "counter", "Requests that arrived.",
              [](V s) -> Number { return static_cast<double>(s.arrivals_total); });
  per_service(page, all, "foretide_service_failed_total", "counter",
              "Requests that failed on the way.",
              [](V s) -> Number { return static_cast<double>(s.failed_total); });
  per_service(page, all, "foretide_service_refused_total", "counter", "Requests that were refused.",
              [](V s) -> Number { return static_cast<double>(s.refused_total); });
  page.family("foretide_workers", "gauge", "Workers by state.");
  for (const ServiceView& service : all) {
    std::map<std::string, double> by_state;
    for (const WorkerView& worker : service.workers) by_state[worker.state] += 1;
    for (const auto& [state, count] : by_state)
      page.sample(service_label(service) + ",state=" + quoted(state), count);
  }
}

template <class View>
void add_hosts(Page& page, std::string_view name, std::string_view help,
               const std::vector<View>& hosts, std::initializer_list<const char*> states) {
  page.family(name, "gauge", help);
  for (const char* state : states) {
    double count = 0;
    for (const View& host : hosts) count += host.state == state ? 1 : 0;
    page.sample("state=" + quoted(state), count);
  }
}

void add_messages(Page& page, const MetricsInput& input) {
  const auto total = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    page.single(name, "counter", help, static_cast<double>(value));
  };
  total("foretide_messages_received_total", "Messages from agents, balancers and joiners.",
        input.inbox.received);
  total("foretide_messages_sent_total", "Messages sent.", input.channel.sent);
  total("foretide_messages_dropped_total", "Messages dropped by the channel.",
        input.channel.dropped);
  total("foretide_handshakes_refused_total", "Connections refused because their key is not known.",
        input.channel.refused_handshakes);
  page.family("foretide_messages_ignored_total", "counter",
              "Messages that were received and not used.");
  page.sample("reason=\"undecodable\"", static_cast<double>(input.inbox.undecodable));
  page.sample("reason=\"misplaced\"", static_cast<double>(input.inbox.misplaced));
  page.sample("reason=\"stale\"", static_cast<double>(input.inbox.stale));
  page.sample("reason=\"muted\"", static_cast<double>(input.inbox.ignored));
}

void add_step_times(Page& page, const StepTimes& times) {
  page.family("foretide_step_seconds", "histogram", "Time that one step of the core took.");
  for (std::size_t i = 0; i < StepTimes::kBoundsSeconds.size(); ++i)
    page.sample("le=" + quoted(number_text(StepTimes::kBoundsSeconds[i])),
                static_cast<double>(times.within()[i]), "_bucket");
  page.sample("le=\"+Inf\"", static_cast<double>(times.count()), "_bucket");
  page.sample({}, times.sum_seconds(), "_sum");
  page.sample({}, static_cast<double>(times.count()), "_count");
}

}  // namespace

void StepTimes::add(Duration duration) {
  const double seconds = seconds_in(duration);
  for (std::size_t i = 0; i < kBoundsSeconds.size(); ++i)
    within_[i] += seconds <= kBoundsSeconds[i] ? 1 : 0;
  ++count_;
  sum_seconds_ += seconds;
}

std::string metrics_page(const MetricsInput& input) {
  Page page;
  page.single("foretide_epoch", "gauge", "Which life of the coordinator this is.",
              static_cast<double>(input.state.epoch));
  page.single("foretide_uptime_seconds", "gauge", "Since this coordinator began.",
              seconds_in(input.state.age(input.now)));
  page.single("foretide_decisions_total", "counter", "Decisions recorded.",
              static_cast<double>(input.decisions_total));
  page.single("foretide_reloads_total", "counter", "Cluster files taken in.",
              static_cast<double>(input.reloads_total));
  page.single("foretide_reload_errors_total", "counter", "Cluster files refused.",
              static_cast<double>(input.reload_errors_total));
  page.single("foretide_store_writable", "gauge", "1 while what is decided can be stored.",
              input.store_writes ? 1 : 0);
  add_services(page, service_views(input.state, input.now));
  add_hosts(page, "foretide_nodes", "Nodes by state.", node_views(input.state, input.now),
            {"live", "joining", "suspect", "lost"});
  add_hosts(page, "foretide_balancers", "Balancers by state.",
            balancer_views(input.state, input.now), {"live", "silent"});
  add_messages(page, input);
  add_step_times(page, input.step_times);
  return page.take();
}

}  // namespace foretide::coordinator
