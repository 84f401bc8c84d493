#include "coordinator/core/queue_evidence.hpp"

#include <algorithm>

namespace foretide::coordinator {

void QueueEvidence::add(Instant at, double items, Duration window) {
  heard_at_ = at;
  latest_ = items;
  trouble_.clear();
  while (!falling_.empty() && falling_.back().items <= items) falling_.pop_back();
  while (!falling_.empty() && at - falling_.front().at > window) falling_.pop_front();
  if (falling_.size() >= kKept) falling_.pop_front();
  falling_.push_back({at, items});
}

double QueueEvidence::largest(Instant now, Duration window) const {
  const auto found = std::find_if(falling_.begin(), falling_.end(),
                                  [&](const Heard& heard) { return now - heard.at <= window; });
  return found == falling_.end() ? latest_ : std::max(found->items, latest_);
}

}  // namespace foretide::coordinator
