#include "coordinator/io/queue_watch.hpp"

#include <algorithm>

#include "common/io/log.hpp"
#include "coordinator/core/plausible.hpp"
#include "coordinator/io/queue_answer.hpp"

namespace foretide::coordinator {
namespace {

constexpr Duration kAnswerTimeMost = std::chrono::seconds(3);
constexpr std::size_t kAnswerBytesMost = 1024 * 1024;

const char* accept_of(const QueueDepth& queue) {
  if (queue.metric) return kAcceptMetrics;
  return queue.field.empty() ? "text/plain, */*;q=0.5" : "application/json, */*;q=0.5";
}

}  // namespace

void QueueWatch::watch(const ClusterSettings& cluster) {
  std::map<Key, Queue> before = std::move(queues_);
  queues_.clear();
  for (const ServiceSettings& service : cluster.services) {
    for (const Signal& signal : service.scale.signals) {
      const auto* source = std::get_if<QueueDepth>(&signal);
      if (source == nullptr) continue;
      const Key key{service.id, name_of(signal)};
      Queue& queue = queues_[key];
      const auto known = before.find(key);
      if (known != before.end() && known->second.source == *source) {
        queue = std::move(known->second);
      } else {
        queue.source = *source;
        queue.counts = known != before.end()
                           ? known->second.counts
                           : QueueCounts{.service = key.first, .signal = key.second};
      }
    }
  }
}

void QueueWatch::look(Instant now) {
  for (auto& [key, queue] : queues_) {
    if (queue.fetch || now < queue.due) continue;
    const Duration every = queue.source.every;
    queue.due = now + every;
    // The fetch ends with its queue, and calls nothing afterwards.
    queue.fetch = std::make_unique<HttpFetch>(
        owner_, queue.source.url, accept_of(queue.source),
        HttpFetch::Bounds{std::min(every, kAnswerTimeMost), kAnswerBytesMost},
        [this, key = key](const Result<std::string>& answer) { heard(key, answer); });
  }
}

void QueueWatch::heard(const Key& key, const Result<std::string>& answer) {
  Queue& queue = queues_.at(key);
  queue.fetch.reset();
  bool is_refused = false;
  SignalHeard heard{.service = key.first, .source = queue.source, .items = {}, .trouble = {}};
  if (!answer) {
    heard.trouble = answer.error();
  } else if (const auto length = queue_length_in(*answer, queue.source); !length) {
    heard.trouble = "the answer of " + queue.source.url.server.text() + " " + length.error();
  } else if (heard.trouble = absurdity_in_queue(*length); heard.trouble.empty()) {
    heard.items = *length;
  } else {
    is_refused = true;
  }
  ++(heard.items ? queue.counts.answered : is_refused ? queue.counts.refused : queue.counts.failed);
  tell(key, queue, heard.trouble);
  on_heard_(std::move(heard));
}

void QueueWatch::tell(const Key& key, Queue& queue, const std::string& trouble) {
  if (std::exchange(queue.told, trouble) == trouble) return;
  if (trouble.empty()) {
    spdlog::info("{}: the length of its {} is known now", key.first.text, key.second);
  } else {
    spdlog::warn("{}: the length of its {} is not known: {}", key.first.text, key.second, trouble);
  }
}

std::vector<QueueCounts> QueueWatch::counts() const {
  std::vector<QueueCounts> all;
  for (const auto& [key, queue] : queues_) all.push_back(queue.counts);
  return all;
}

}  // namespace foretide::coordinator
