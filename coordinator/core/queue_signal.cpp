#include "coordinator/core/queue_signal.hpp"

#include <algorithm>

#include "coordinator/core/desired.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

constexpr int kStalePeriods = 3;
constexpr Duration kHoldsFor = std::chrono::minutes(10);

const QueueEvidence* evidence_of(const QueueDepth& queue, const ServiceRecord& service) {
  const auto found = service.signals.queues.find(name_of(queue));
  // What was heard at another URL under this name is of another queue.
  return found != service.signals.queues.end() && found->second.source == queue ? &found->second
                                                                                : nullptr;
}

// Why it is not known; empty: it is.
std::string missing_of(const QueueEvidence* evidence, const QueueDepth& queue, Instant now) {
  const auto with_trouble = [&](std::string text) {
    return evidence && !evidence->trouble().empty() ? text + ": " + evidence->trouble() : text;
  };
  if (!evidence || !evidence->heard_at()) return with_trouble("the queue was not heard of yet");
  const Duration age = now - *evidence->heard_at();
  if (age <= kStalePeriods * Duration(queue.every)) return {};
  return with_trouble(text_of("the queue was last heard of %.0f s ago", seconds_in(age)));
}

// What is not known is not nothing: what was in it last holds for a while from then on.
bool holds(const QueueEvidence* evidence, const QueueDepth& queue, Instant now) {
  const Duration holds_for = kStalePeriods * Duration(queue.every) + kHoldsFor;
  return evidence && evidence->heard_at() && now - *evidence->heard_at() <= holds_for;
}

std::string items_text(double items) {
  return text_of("%.6g %s in the queue", items, items == 1.0 ? "item" : "items");
}

}  // namespace

void apply(Turn& turn, const SignalHeard& event) {
  const auto found = turn.state.services.find(event.service);
  if (found == turn.state.services.end() || !found->second.settings) return;
  const ScaleSettings& scale = found->second.settings->scale;
  auto& queues = found->second.signals.queues;
  const auto is_wanted = [&](const QueueDepth& queue) {
    return std::find(scale.signals.begin(), scale.signals.end(), Signal(queue)) !=
           scale.signals.end();
  };
  std::erase_if(queues, [&](const auto& entry) { return !is_wanted(entry.second.source); });
  if (!is_wanted(event.source)) return;
  QueueEvidence& evidence = queues[name_of(event.source)];
  evidence.source = event.source;
  if (event.items) {
    evidence.add(turn.now, *event.items, scale.window);
  } else {
    evidence.add_trouble(event.trouble);
  }
}

Opinion queue_opinion(const QueueDepth& queue, const ServiceRecord& service, Instant now) {
  const std::string name = name_of(queue);
  const QueueEvidence* evidence = evidence_of(queue, service);
  const Duration window = service.settings->scale.window;
  if (const auto missing = missing_of(evidence, queue, now); !missing.empty()) {
    if (!holds(evidence, queue, now)) return {name, 0, "not known: " + missing};
    // No more than while it was known: what it had before the window comes back in no case.
    const double last = evidence->largest(now, window);
    return {
        name, workers_for(last, queue.per_worker),
        "not known: " + missing + "; " + items_text(last) + " then, which hold for ten minutes"};
  }
  const double largest = evidence->largest(now, window);
  if (largest == 0.0) return {name, 0, "nothing is in the queue"};
  const std::uint32_t workers = workers_for(largest, queue.per_worker);
  const std::string need = workers_of(workers, queue.per_worker);
  if (largest == evidence->latest()) {
    return {name, workers, items_text(largest) + (largest == 1.0 ? " needs " : " need ") + need};
  }
  return {name, workers,
          text_of("the most of the last %.0f s, %s, %s %s", seconds_in(window),
                  items_text(largest).c_str(), largest == 1.0 ? "needs" : "need", need.c_str())};
}

SignalReading queue_reading(const QueueDepth& queue, const ServiceRecord& service,
                            std::uint32_t ready, Instant now) {
  SignalReading reading{.limit = queue.per_worker};
  const QueueEvidence* evidence = evidence_of(queue, service);
  reading.missing = missing_of(evidence, queue, now);
  if (!reading.missing.empty()) return reading;
  reading.value = evidence->latest() / std::max(ready, 1u);
  reading.words = items_text(evidence->latest()) +
                  (ready == 0 ? text_of(" and no ready worker, of %.4g for each", reading.limit)
                              : text_of(", %.4g for each ready worker, of %.4g", *reading.value,
                                        reading.limit));
  return reading;
}

bool has_queued(const ServiceRecord& service, Instant now) {
  const ScaleSettings& scale = service.settings->scale;
  return std::any_of(scale.signals.begin(), scale.signals.end(), [&](const Signal& signal) {
    const auto* queue = std::get_if<QueueDepth>(&signal);
    if (queue == nullptr) return false;
    const QueueEvidence* evidence = evidence_of(*queue, service);
    return holds(evidence, *queue, now) && evidence->largest(now, scale.window) > 0.0;
  });
}

}  // namespace foretide::coordinator
