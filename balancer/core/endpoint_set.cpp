#include "balancer/core/endpoint_set.hpp"

#include <algorithm>
#include <set>

#include "common/check.hpp"

namespace foretide::balancer {
namespace {

constexpr std::uint32_t kMemory = 64;         // requests that a learned time goes back
constexpr std::uint32_t kSamplesTrusted = 8;  // fewer: assumed to be like the others
constexpr double kDeadBand = 1.25;            // closer to the mean than this is the same speed
constexpr double kRelativeMax = 16.0;
constexpr std::chrono::milliseconds kRestFirst{20}, kRestMax{500};

std::string fault_in(const wire::ServiceTable& table) {
  std::set<WorkerId> seen;
  for (const auto& entry : table.endpoints) {
    if (entry.id.empty()) return "an endpoint has no id";
    if (!seen.insert(entry.id).second) return "endpoint " + entry.id.text + " stands twice";
    const bool reachable = !entry.address.host.empty() && entry.address.port != 0;
    if (!reachable && entry.state != wire::EndpointState::kGone) {
      return "endpoint " + entry.id.text + " has no address";
    }
  }
  return {};
}

double averaged(double average, double value, std::uint32_t samples) {
  return average + (value - average) / std::min(samples, kMemory);
}

}  // namespace

Applied EndpointSet::apply(const wire::ServiceTable& table) {
  if (table.stamp <= stamp_) return {.accepted = false, .reason = {}, .missing = {}};
  if (auto fault = fault_in(table); !fault.empty()) {
    return {.accepted = false, .reason = std::move(fault), .missing = {}};
  }
  stamp_ = table.stamp;
  policy_ = table.policy;
  removed_ = table.removed;

  Applied applied;
  for (const auto& endpoint : endpoints_) {
    const auto mentions = [&](const wire::Endpoint& entry) { return entry.id == endpoint->id; };
    if (std::none_of(table.endpoints.begin(), table.endpoints.end(), mentions)) {
      applied.missing.push_back(endpoint->id);
    }
  }
  for (const auto& entry : table.endpoints) {
    Endpoint* endpoint = find(entry.id);
    if (endpoint == nullptr) {
      if (entry.state == wire::EndpointState::kGone) continue;
      endpoint = endpoints_.emplace_back(std::make_unique<Endpoint>()).get();
      endpoint->id = entry.id;
    }
    if (entry.state != wire::EndpointState::kGone && endpoint->address != entry.address) {
      endpoint->address = entry.address;
      endpoint->refusals = 0;
      endpoint->attached.reset();
    }
    endpoint->state = entry.state;
    endpoint->start_time = entry.start_time;
  }
  forget_gone();
  active_ = static_cast<std::size_t>(std::count_if(
      endpoints_.begin(), endpoints_.end(),
      [](const auto& endpoint) { return endpoint->state == wire::EndpointState::kActive; }));
  return applied;
}

Endpoint* EndpointSet::find(const WorkerId& id) const {
  for (const auto& endpoint : endpoints_) {
    if (endpoint->id == id) return endpoint.get();
  }
  return nullptr;
}

bool EndpointSet::can_take(const Endpoint& endpoint, Instant now) const {
  if (endpoint.state != wire::EndpointState::kActive) return false;
  if (endpoint.refusals > 0 && (endpoint.trial || now < endpoint.rests_until)) return false;
  if (!policy_.hard_capacity) return true;
  const auto taken =
      endpoint.slots ? endpoint.slots->taken.load(std::memory_order_seq_cst) : endpoint.in_flight;
  return taken < *policy_.hard_capacity;
}

bool EndpointSet::all_refuse() const {
  return std::all_of(endpoints_.begin(), endpoints_.end(), [](const auto& endpoint) {
    return endpoint->state != wire::EndpointState::kActive || endpoint->refusals > 0;
  });
}

Instant EndpointSet::next_trial() const {
  Instant next = Instant::max();
  for (const auto& endpoint : endpoints_) {
    const bool rests = endpoint->state == wire::EndpointState::kActive && endpoint->refusals > 0;
    if (rests && !endpoint->trial) next = std::min(next, endpoint->rests_until);
  }
  return next;
}

bool EndpointSet::begin(Endpoint& endpoint, Instant now) {
  if (endpoint.slots) {
    const auto before = endpoint.slots->taken.fetch_add(1, std::memory_order_relaxed);
    if (policy_.hard_capacity && before >= *policy_.hard_capacity) {
      endpoint.slots->taken.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
  }
  ++endpoint.in_flight;
  endpoint.busy.start(now);
  if (endpoint.refusals > 0) endpoint.trial = true;
  return true;
}

void EndpointSet::connected(Endpoint& endpoint) {
  endpoint.refusals = 0;
  endpoint.trial = false;
}

void EndpointSet::refused(Endpoint& endpoint, Instant now) {
  // Of many that were under way together only the first counts, or one moment would look like many.
  if (endpoint.refusals > 0 && !endpoint.trial) return;
  const auto doublings = std::min<std::uint32_t>(endpoint.refusals, 10);
  const auto rest = std::min<Duration>(kRestFirst * (1 << doublings), kRestMax);
  ++endpoint.refusals;
  endpoint.trial = false;
  endpoint.rests_until = now + rest;
}

void EndpointSet::finish(Endpoint& endpoint, Finish how, Instant began, Instant now) {
  CHECK(endpoint.in_flight > 0, "a request is finished once, on the endpoint it began on");
  --endpoint.in_flight;
  endpoint.busy.end(now);
  if (endpoint.slots) endpoint.slots->taken.fetch_sub(1, std::memory_order_seq_cst);
  // A trial that ended undecided must not keep the door shut for ever. One that sent something was
  // connected, and what others have sent on connections of before decides nothing.
  if (how == Finish::kReturned) endpoint.trial = false;
  if (how == Finish::kFailed) {
    ++endpoint.failed_total;
  } else if (how == Finish::kCompleted) {
    ++endpoint.completed_total;
    learn(endpoint, seconds_in(now - began));
  } else if (how == Finish::kTunnelled) {
    ++endpoint.completed_total;
  }
  if (endpoint.state == wire::EndpointState::kGone) forget_gone();
}

void EndpointSet::learn(Endpoint& endpoint, double seconds) {
  samples_ = std::min(samples_ + 1, kMemory);
  seconds_mean_ = averaged(seconds_mean_, seconds, samples_);
  endpoint.samples = std::min(endpoint.samples + 1, kMemory);
  endpoint.seconds_each = averaged(endpoint.seconds_each, seconds, endpoint.samples);
  if (endpoint.samples < kSamplesTrusted || seconds_mean_ <= 0.0) return;
  const double relative = endpoint.seconds_each / seconds_mean_;
  const bool same = relative < kDeadBand && relative > 1.0 / kDeadBand;
  endpoint.relative_seconds = same ? 1.0 : std::clamp(relative, 1.0 / kRelativeMax, kRelativeMax);
}

void EndpointSet::forget_gone() {
  std::erase_if(endpoints_, [](const auto& endpoint) {
    return endpoint->state == wire::EndpointState::kGone && endpoint->in_flight == 0;
  });
}

}  // namespace foretide::balancer
