#include "coordinator/core/plausible.hpp"

#include <algorithm>
#include <optional>

#include "coordinator/core/text.hpp"
#include "coordinator/core/traffic.hpp"

namespace foretide::coordinator {
namespace {

constexpr double kCoresMost = 100'000.0;
constexpr double kMemoryBytesMost = 0x1p50;      // a petabyte
constexpr double kCounterMost = 0x1p62;          // bytes since boot, requests since a program began
constexpr double kShareMost = 2.0;               // of what cannot exceed 1
constexpr double kLoadMost = 10'000'000.0;       // runnable processes
constexpr double kRequestsMost = 100'000'000.0;  // at once, and a second
constexpr double kSecondsMost = 1e15;            // of all requests together
constexpr double kItemsMost = 1e9;               // in a queue
constexpr double kMillisecondsMost = 0x1p53;     // of a clock
// Reports are stamped to the millisecond, and sent and counted a little apart.
constexpr double kSlackSeconds = 1.0;
constexpr double kSlackRequests = 10.0, kSlackTimes = 4.0;

// The first fault that was found.
class Faults {
 public:
  void bound(const std::string& field, const std::optional<double>& value, double most) {
    if (!text_.empty() || !value || (*value >= 0.0 && *value <= most)) return;
    text_ = text_of("%s is %g, which is not between 0 and %g", field.c_str(), *value, most);
  }
  void bound_both(const std::string& field, double value, double most) {
    if (!text_.empty() || (value >= -most && value <= most)) return;
    text_ = text_of("%s is %g, which is not between %g and %g", field.c_str(), value, -most, most);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void look_at(Faults& faults, const wire::HostSample& host) {
  faults.bound("host.cpu_usage", host.cpu_usage, kShareMost);
  faults.bound("host.load_1m", host.load_1m, kLoadMost);
  faults.bound("host.memory_bytes", host.memory_bytes, kMemoryBytesMost);
  faults.bound("host.memory_available_bytes", host.memory_available_bytes, kMemoryBytesMost);
  faults.bound("host.net_received_bytes", host.net_received_bytes, kCounterMost);
  faults.bound("host.net_sent_bytes", host.net_sent_bytes, kCounterMost);
  faults.bound("host.disk_read_bytes", host.disk_read_bytes, kCounterMost);
  faults.bound("host.disk_written_bytes", host.disk_written_bytes, kCounterMost);
  faults.bound("host.cpu_pressure", host.cpu_pressure, kShareMost);
  faults.bound("host.memory_pressure", host.memory_pressure, kShareMost);
  faults.bound("host.io_pressure", host.io_pressure, kShareMost);
}

void look_at(Faults& faults, const wire::WorkerSample& worker) {
  const std::string place = "workers[" + worker.id.text + "].";
  faults.bound(place + "cpu_cores", worker.cpu_cores, kCoresMost);
  faults.bound(place + "resident_bytes", worker.resident_bytes, kMemoryBytesMost);
  faults.bound(place + "read_bytes", worker.read_bytes, kCounterMost);
  faults.bound(place + "written_bytes", worker.written_bytes, kCounterMost);
  for (const auto& [key, value] : worker.metrics) {
    faults.bound_both(place + "metrics[" + key + "]", value, kMetricMost);
  }
}

void look_at(Faults& faults, const std::string& place, const wire::ServiceTraffic& counts) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  faults.bound(place + "arrivals_total", number(counts.arrivals_total), kCounterMost);
  faults.bound(place + "completed_total", number(counts.completed_total), kCounterMost);
  faults.bound(place + "failed_total", number(counts.failed_total), kCounterMost);
  faults.bound(place + "refused_total", number(counts.refused_total), kCounterMost);
  faults.bound(place + "held_total", number(counts.held_total), kCounterMost);
  if (counts.refused_held_total) {
    faults.bound(place + "refused_held_total", number(*counts.refused_held_total), kCounterMost);
  }
  faults.bound(place + "held_seconds_total", counts.held_seconds_total, kSecondsMost);
  faults.bound(place + "busy_seconds_total", counts.busy_seconds_total, kSecondsMost);
  faults.bound(place + "in_flight", counts.in_flight, kRequestsMost);
  faults.bound(place + "held", counts.held, kRequestsMost);
  faults.bound(place + "oldest_held_ms", number(counts.oldest_held_ms), kMillisecondsMost);
  for (const wire::EndpointTraffic& use : counts.endpoints) {
    const std::string at = place + "endpoints[" + use.id.text + "].";
    faults.bound(at + "in_flight", use.in_flight, kRequestsMost);
    faults.bound(at + "completed_total", number(use.completed_total), kCounterMost);
    faults.bound(at + "failed_total", number(use.failed_total), kCounterMost);
    faults.bound(at + "busy_seconds_total", use.busy_seconds_total, kSecondsMost);
  }
}

std::string place_of(const wire::ServiceTraffic& counts) {
  return "services[" + counts.service.text + "].";
}

std::uint64_t ended_in(const wire::ServiceTraffic& counts) {
  return counts.completed_total + counts.failed_total;
}

void look_at_growth(Faults& faults, const std::string& place, const TrafficCheck::Mark& mark,
                    const wire::TrafficReport& report, const wire::ServiceTraffic& counts) {
  const double seconds = counted_since(report.at_ms, mark.at_ms) / 1000.0 + kSlackSeconds;
  const double arrivals = counted_since(counts.arrivals_total, mark.arrivals);
  const double served_most = kSlackTimes * (mark.at_hand + arrivals + kSlackRequests);
  faults.bound(place + "arrivals_total", arrivals, kRequestsMost * seconds);
  faults.bound(place + "completed_total and failed_total",
               counted_since(ended_in(counts), mark.ended), served_most);
  faults.bound(place + "busy_seconds_total",
               std::max(0.0, counts.busy_seconds_total - mark.busy_seconds), served_most * seconds);
  faults.bound(place + "held_seconds_total",
               std::max(0.0, counts.held_seconds_total - mark.held_seconds), served_most * seconds);
}

}  // namespace

std::string absurdity_in_queue(double items) {
  Faults faults;
  faults.bound("its length", items, kItemsMost);
  return faults.text();
}

std::string absurdity_in(const wire::NodeSample& sample) {
  Faults faults;
  look_at(faults, sample.host);
  for (const wire::WorkerSample& worker : sample.workers) look_at(faults, worker);
  return faults.text();
}

std::string absurdity_in(const wire::Hello& hello) {
  Faults faults;
  faults.bound("cpus", hello.cpus, kCoresMost);
  faults.bound("memory_bytes", static_cast<double>(hello.memory_bytes), kMemoryBytesMost);
  return faults.text();
}

std::string TrafficCheck::absurdity_in(const wire::TrafficReport& report) {
  Faults faults;
  faults.bound("at_ms", static_cast<double>(report.at_ms), kMillisecondsMost);
  for (const wire::ServiceTraffic& counts : report.services) {
    const std::string place = place_of(counts);
    look_at(faults, place, counts);
    const auto mark = marks_.find(counts.service);
    if (mark != marks_.end())
      look_at_growth(faults, "the growth of " + place, mark->second, report, counts);
  }
  if (faults.text().empty()) remember(report);
  return faults.text();
}

void TrafficCheck::remember(const wire::TrafficReport& report) {
  if (marks_.size() > kMarksMost) marks_.clear();
  for (const wire::ServiceTraffic& counts : report.services) {
    marks_[counts.service] = {.at_ms = report.at_ms,
                              .arrivals = counts.arrivals_total,
                              .ended = ended_in(counts),
                              .busy_seconds = counts.busy_seconds_total,
                              .held_seconds = counts.held_seconds_total,
                              .at_hand = static_cast<double>(counts.in_flight) + counts.held};
  }
}

}  // namespace foretide::coordinator
