#include "agent/io/metrics_watch.hpp"

#include <utility>

#include "common/io/clock.hpp"
#include "common/io/log.hpp"

namespace foretide::agent {
namespace {

constexpr Duration kEvery = std::chrono::seconds(5);
constexpr HttpFetch::Bounds kBounds{std::chrono::seconds(2), 1024 * 1024};
constexpr std::size_t kAtOnceMost = 100;
constexpr std::size_t kSampleBytesMost = 64 * 1024;
constexpr std::size_t kNumberBytes = 16;  // of one value on the wire, with room to spare

std::string missing_in(const std::vector<WorkerMetric>& wanted, const MetricReading& reading) {
  for (const WorkerMetric& metric : wanted) {
    if (!reading.values.contains(metric_key(metric))) {
      return "it tells no number for " + selector_text(metric.selector);
    }
  }
  return {};
}

bool is_asked(const WorkerLife& life) {
  return life.step == LifeStep::kReady && !life.spec.metrics.empty();
}

}  // namespace

void MetricsWatch::look(const std::map<WorkerId, WorkerLife>& workers, Instant now) {
  std::erase_if(workers_, [&](const auto& entry) {
    const auto life = workers.find(entry.first);
    return life == workers.end() || !is_asked(life->second);
  });
  asking_ = 0;
  for (const auto& [id, worker] : workers_) {
    for (const auto& [path, page] : worker.pages) asking_ += page.fetch ? 1 : 0;
  }
  for (const auto& [id, life] : workers) {
    if (!is_asked(life)) continue;
    Worker& worker = workers_[id];
    if (worker.started != life.started || worker.metrics != life.spec.metrics) {
      worker = {.started = life.started, .metrics = life.spec.metrics};
      for (const WorkerMetric& metric : life.spec.metrics) {
        worker.pages[metric.path].wanted.push_back(metric);
      }
      worker.due = now;
    }
    if (now < worker.due || asking_ >= kAtOnceMost) continue;
    worker.due = now + kEvery;
    ask(id, {life.host, life.port}, worker);
  }
}

void MetricsWatch::ask(const WorkerId& id, const Address& address, Worker& worker) {
  for (auto& [path, page] : worker.pages) {
    if (page.fetch) continue;
    ++asking_;
    // The fetch ends with its page, and calls nothing afterwards.
    page.fetch = std::make_unique<HttpFetch>(
        owner_, HttpUrl{address, path}, kAcceptMetrics, kBounds,
        [this, id, path = path](const Result<std::string>& text) { heard(id, path, text); });
  }
}

void MetricsWatch::heard(const WorkerId& id, const std::string& path,
                         const Result<std::string>& text) {
  Worker& worker = workers_.at(id);
  Page& page = worker.pages.at(path);
  page.fetch.reset();
  if (!text) return tell(id, path, page, text.error());
  auto reading = metric_reading_of(page.wanted, *text, monotonic_now());
  if (!reading) return tell(id, path, page, reading.error());
  for (const auto& [key, value] : metric_values_for(page.wanted, page.before, *reading)) {
    worker.unsent[key] = value;
  }
  tell(id, path, page, missing_in(page.wanted, *reading));
  page.before = std::move(*reading);
}

void MetricsWatch::tell(const WorkerId& id, const std::string& path, Page& page,
                        const std::string& trouble) {
  if (std::exchange(page.told, trouble) == trouble) return;
  if (trouble.empty()) {
    spdlog::info("worker {}: its metrics at {} are known now", id.text, path);
  } else {
    spdlog::warn("worker {}: its metrics at {} are not known: {}", id.text, path, trouble);
  }
}

void MetricsWatch::add_to(wire::NodeSample& sample) {
  std::size_t bytes = 0;
  for (wire::WorkerSample& told : sample.workers) {
    const auto worker = workers_.find(told.id);
    if (worker == workers_.end() || worker->second.unsent.empty()) continue;
    for (const auto& [key, value] : worker->second.unsent) bytes += key.size() + kNumberBytes;
    if (bytes > kSampleBytesMost) return;
    told.metrics = std::exchange(worker->second.unsent, {});
  }
}

}  // namespace foretide::agent
