#include "balancer/core/endpoint_set.hpp"

#include <algorithm>
#include <set>

#include "common/check.hpp"

namespace foretide::balancer {
namespace {

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

}  // namespace

Applied EndpointSet::apply(const wire::ServiceTable& table) {
  if (table.stamp <= stamp_) return {.accepted = false, .reason = {}, .missing = {}};
  if (auto fault = fault_in(table); !fault.empty()) {
    return {.accepted = false, .reason = std::move(fault), .missing = {}};
  }
  stamp_ = table.stamp;
  policy_ = table.policy;
  removed_ = table.removed;

  // As the prober does: it asks active ones alone, and begins with each anew.
  if (!policy_.ready_probe || removed_) {
    for (const auto& endpoint : endpoints_) endpoint->probed = Health::kGood;
  }
  const bool joins_others = active_ > 0 && now_ != Instant{};
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
      endpoint->number = ++last_number_;
      if (joins_others) endpoint->slow_start.begin();
    }
    if (entry.state != wire::EndpointState::kGone && endpoint->address != entry.address) {
      endpoint->address = entry.address;
      endpoint->refusals = 0;
      endpoint->probed = Health::kGood;
      endpoint->ejection = {};
      endpoint->attached.reset();
    }
    if (entry.state != wire::EndpointState::kActive) endpoint->probed = Health::kGood;
    endpoint->state = entry.state;
    endpoint->start_time = entry.start_time;
  }
  if (policy_.balance == wire::TrafficPolicy::Balance::kHash) {
    ring_.update(endpoints_);
  } else if (!ring_.empty()) {
    ring_.clear(endpoints_);
  }
  forget_gone();
  rebuild();
  return applied;
}

void EndpointSet::share(FreedPlaces* freed, std::uint32_t thread) {
  freed_ = freed;
  thread_ = thread;
  load_.share(freed, thread);
  rebuild();
}

void EndpointSet::rebuild() {
  active_ = out_ = away_ = 0;
  refusing_ = 0;
  settle_at_ = Instant::max();
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    Endpoint& endpoint = *endpoints_[i];
    endpoint.place = i;
    if (endpoint.state != wire::EndpointState::kActive) continue;
    ++active_;
    const bool is_away = endpoint.ejection.is_away(now_);
    if (is_away) settle_at_ = std::min(settle_at_, endpoint.ejection.until());
    away_ += is_away;
    out_ += is_away || endpoint.probed == Health::kBad;
    if (endpoint.refusals == 0) continue;
    ++refusing_;
    if (!endpoint.trial && endpoint.rests_until > now_) {
      settle_at_ = std::min(settle_at_, endpoint.rests_until);
    }
  }
  for (const auto& endpoint : endpoints_) endpoint->open = is_open(*endpoint, now_);
  load_.rebuild(endpoints_, policy_.hard_capacity, now_);
}

bool EndpointSet::is_open(const Endpoint& endpoint, Instant now) const {
  if (endpoint.state != wire::EndpointState::kActive) return false;
  if (endpoint.refusals > 0 && (endpoint.trial || now < endpoint.rests_until)) return false;
  if (all_are_needed()) return true;
  return endpoint.probed == Health::kGood && !endpoint.ejection.is_away(now);
}

void EndpointSet::settle(Endpoint& endpoint) {
  endpoint.open = is_open(endpoint, now_);
  load_.place(endpoint, now_);
}

void EndpointSet::look(Instant now) {
  if (now < settle_at_) return;
  now_ = now;
  rebuild();
}

void EndpointSet::set_health(const WorkerId& id, Health health) {
  Endpoint* endpoint = find(id);
  if (endpoint == nullptr || endpoint->probed == health) return;
  endpoint->probed = health;
  rebuild();
}

bool EndpointSet::may_eject() const {
  return policy_.eject && active_ > 1 && away_ < std::max<std::size_t>(1, active_ / 3);
}

// Most of them.
bool EndpointSet::others_serve(const Endpoint& than) const {
  std::size_t others = 0, serving = 0;
  for (const auto& endpoint : endpoints_) {
    if (endpoint.get() == &than || !endpoint->open) continue;
    ++others;
    serving += endpoint->ejection.is_serving();
  }
  return 2 * serving > others;
}

void EndpointSet::judge(Endpoint& endpoint, Finish how) {
  bool should_go = false;
  if (how == Finish::kFailed) {
    should_go = endpoint.ejection.failed();
  } else if (how == Finish::kAnsweredError) {
    should_go = endpoint.ejection.erred() && others_serve(endpoint);
  } else if (how != Finish::kReturned) {
    endpoint.ejection.served(now_);
    // By load, a slow one gets little in any case.
    const bool by_load = policy_.balance == wire::TrafficPolicy::Balance::kLeastLoad;
    should_go = !by_load && how == Finish::kCompleted &&
                load_.relative_seconds(endpoint, now_) >= Ejection::kFarSlower;
  }
  if (!should_go || !may_eject() || endpoint.ejection.is_away(now_)) return;
  if (endpoint.state != wire::EndpointState::kActive) return;
  ++ejected_total_;
  endpoint.ejection.eject(now_);
  endpoint.slow_start.begin();
  rebuild();
}

Endpoint* EndpointSet::find(const WorkerId& id) const {
  for (const auto& endpoint : endpoints_) {
    if (endpoint->id == id) return endpoint.get();
  }
  return nullptr;
}

bool EndpointSet::can_take(const Endpoint& endpoint, Instant now) const {
  if (!is_open(endpoint, now)) return false;
  return !policy_.hard_capacity || endpoint.taken() < *policy_.hard_capacity;
}

Endpoint* EndpointSet::find(std::uint32_t number) const {
  const auto before = [](const auto& endpoint, std::uint32_t than) {
    return endpoint->number < than;  // they stand in the order in which they came
  };
  const auto at = std::lower_bound(endpoints_.begin(), endpoints_.end(), number, before);
  return at != endpoints_.end() && (*at)->number == number ? at->get() : nullptr;
}

bool EndpointSet::has_other_open(const Endpoint* than) const {
  return std::any_of(endpoints_.begin(), endpoints_.end(), [&](const auto& endpoint) {
    return endpoint.get() != than && endpoint->open;
  });
}

Endpoint* EndpointSet::least_loaded(const Asked& asked, Instant now) {
  advance_to(now);
  return load_.choose(endpoints_, asked, now);
}

bool EndpointSet::all_refuse() const {
  return refusing_ == active_;
}

bool EndpointSet::all_are_silent() const {
  return std::all_of(endpoints_.begin(), endpoints_.end(), [](const auto& endpoint) {
    return endpoint->state != wire::EndpointState::kActive || endpoint->silent;
  });
}

bool EndpointSet::has_open() const {
  return std::any_of(endpoints_.begin(), endpoints_.end(),
                     [](const auto& endpoint) { return endpoint->open; });
}

bool EndpointSet::begin(Endpoint& endpoint, Instant now) {
  if (endpoint.slots) {
    const auto before = endpoint.slots->taken.fetch_add(1, std::memory_order_relaxed);
    if (policy_.hard_capacity && before >= *policy_.hard_capacity) {
      endpoint.slots->taken.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
  }
  advance_to(now);
  ++in_flight_;
  ++endpoint.in_flight;
  endpoint.busy.start(now);
  if (endpoint.refusals > 0) {
    endpoint.trial = true;
    endpoint.open = false;
  }
  load_.began(endpoint, now);
  return true;
}

void EndpointSet::connected(Endpoint& endpoint) {
  if (endpoint.refusals == 0) return;
  if (endpoint.state == wire::EndpointState::kActive) --refusing_;
  endpoint.refusals = 0;
  endpoint.trial = false;
  settle(endpoint);
}

void EndpointSet::refused(Endpoint& endpoint, Instant now, NoConnection why) {
  // Of many that were under way together only the first counts, or one moment would look like many.
  if (endpoint.refusals > 0 && !endpoint.trial) return;
  now_ = now;
  const auto doublings = std::min<std::uint32_t>(endpoint.refusals, 10);
  const auto rest = std::min<Duration>(kRestFirst * (1 << doublings), kRestMax);
  const bool is_first = endpoint.refusals == 0;
  if (is_first && endpoint.state == wire::EndpointState::kActive) ++refusing_;
  ++endpoint.refusals;
  endpoint.silent = why == NoConnection::kTimedOut;
  endpoint.trial = false;
  endpoint.rests_until = now + rest;
  settle_at_ = std::min(settle_at_, endpoint.rests_until);
  settle(endpoint);
}

void EndpointSet::finish(Endpoint& endpoint, Finish how, Instant began, Instant now) {
  CHECK(endpoint.in_flight > 0, "a request is finished once, on the endpoint it began on");
  advance_to(now);
  --in_flight_;
  --endpoint.in_flight;
  endpoint.busy.end(now);
  if (endpoint.slots) {
    endpoint.slots->taken.fetch_sub(1, std::memory_order_seq_cst);
    if (freed_ != nullptr) freed_->tell_others(endpoint.slots->number, thread_);
  }
  // A trial that ended undecided must not keep the door shut for ever. One that sent something was
  // connected, and what others have sent on connections of before decides nothing.
  if (how == Finish::kReturned && endpoint.trial) {
    endpoint.trial = false;
    endpoint.open = is_open(endpoint, now_);
    settle_at_ = std::min(settle_at_, endpoint.rests_until);
  }
  if (how == Finish::kFailed) ++endpoint.failed_total;
  if (how == Finish::kCompleted || how == Finish::kAnsweredError || how == Finish::kTunnelled) {
    ++endpoint.completed_total;
  }
  if (how == Finish::kCompleted) {
    load_.served(endpoint, began, now);
  } else {
    load_.ended_otherwise(endpoint, began, now);
  }
  judge(endpoint, how);
  if (endpoint.state == wire::EndpointState::kGone && forget_gone()) rebuild();
}

// Whether there was any.
bool EndpointSet::forget_gone() {
  const auto is_gone = [](const auto& endpoint) {
    return endpoint->state == wire::EndpointState::kGone && endpoint->in_flight == 0;
  };
  return std::erase_if(endpoints_, is_gone) > 0;
}

}  // namespace foretide::balancer
