#include "coordinator/core/spawn_breaker.hpp"

#include <algorithm>
#include <utility>

namespace foretide::coordinator {

void SpawnBreaker::add(Outcome outcome) {
  const auto is_old = [&](const Outcome& one) { return outcome.at - one.at > kRemembered; };
  // While it is open the trials are few and far between, and all that there is to tell of.
  if (!open_) std::erase_if(starts_, is_old);
  std::erase_if(nodes_, [&](const Outcome& one) { return one.node == outcome.node; });
  if (nodes_.size() == kStartsWatched) nodes_.pop_front();
  if (starts_.size() == kStartsWatched) starts_.pop_front();
  nodes_.push_back(outcome);
  starts_.push_back(std::move(outcome));
}

void SpawnBreaker::failed(FailedStart start, Instant now) {
  add({.node = start.node, .came_up = false, .at = now});
  doubtful_ = !open_ && failures() >= kFailuresToOpen;
  if (trial_ == start.worker) {
    pause_ = std::min(2 * pause_, kLongestPause);
    trial_ended(now);
  }
  last_ = std::move(start);
}

bool SpawnBreaker::succeeded(const NodeId& node, Instant now) {
  const bool closes = std::exchange(open_, false);
  if (closes) starts_.clear();
  add({.node = node, .came_up = true, .at = now});
  doubtful_ = false;
  trial_.reset();
  return closes;
}

bool SpawnBreaker::takes_doubt() {
  return std::exchange(doubtful_, false);
}

bool SpawnBreaker::failed_on_most_nodes() const {
  const auto failed =
      std::count_if(nodes_.begin(), nodes_.end(), [](const Outcome& one) { return !one.came_up; });
  return failed > 1 && 2 * failed > static_cast<std::ptrdiff_t>(nodes_.size());
}

bool SpawnBreaker::failed_last_on(const NodeId& node, Instant now) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const Outcome& one) {
    return one.node == node && !one.came_up && now - one.at <= kRemembered;
  });
}

void SpawnBreaker::open(Instant now) {
  open_ = true;
  pause_ = kFirstPause;
  trial_ended(now);
}

bool SpawnBreaker::is_trial_due(Instant now) const {
  return open_ && !trial_ && now >= next_trial_;
}

void SpawnBreaker::trial_ended(Instant now) {
  trial_.reset();
  next_trial_ = now + pause_;
}

std::uint32_t SpawnBreaker::failures() const {
  return static_cast<std::uint32_t>(std::count_if(starts_.begin(), starts_.end(),
                                                  [](const Outcome& one) { return !one.came_up; }));
}

Duration SpawnBreaker::until_trial(Instant now) const {
  return std::max(next_trial_ - now, Duration::zero());
}

}  // namespace foretide::coordinator
