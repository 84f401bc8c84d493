#include "common/signal.hpp"

#include <cstdio>

namespace foretide {
namespace {

struct Name {
  std::string operator()(const LatencyLimit& limit) const {
    char text[32];
    std::snprintf(text, sizeof text, "latency_p%g", limit.percentile);
    return text;
  }
  std::string operator()(const CpuLimit&) const { return "cpu"; }
  std::string operator()(const MemoryLimit&) const { return "memory"; }
  std::string operator()(const RequestRate&) const { return "requests"; }
  std::string operator()(const QueueDepth& queue) const {
    return queue.name.empty() ? "queue" : "queue_" + queue.name;
  }
  std::string operator()(const MetricLimit& limit) const {
    return "metric_" + (limit.name.empty() ? metric_key(limit.metric) : limit.name);
  }
};

}  // namespace

bool is_shared_out(const Signal& signal) {
  const auto* metric = std::get_if<MetricLimit>(&signal);
  return std::holds_alternative<CpuLimit>(signal) ||
         (metric != nullptr && metric->take == MetricLimit::Take::kMean);
}

std::string name_of(const Signal& signal) {
  return std::visit(Name{}, signal);
}

}  // namespace foretide
