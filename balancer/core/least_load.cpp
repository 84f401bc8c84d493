#include "balancer/core/least_load.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace foretide::balancer {
namespace {

constexpr double kSlow = 1.5;  // beyond it a worker is taken last
constexpr double kLast = 1e6;  // added to the cost of those; above any number in flight
constexpr std::size_t kUpdates = 2;
constexpr std::size_t kExtraTries = 16;

// Floats above zero are ordered as their bits are.
Ranking::Key key_of(double cost, std::uint32_t turn) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(cost));
  return (static_cast<Ranking::Key>(bits) << 32) | turn;
}

bool is_last(Ranking::Key key) {
  return key >= key_of(kLast, 0);
}

}  // namespace

std::optional<std::uint32_t> LeastLoad::at_once() const {
  const auto learned = concurrency_.limit();
  if (hard_ && *hard_ <= kAtOnceMost) return learned ? std::min(*learned, *hard_) : *hard_;
  return learned;
}

void LeastLoad::rebuild(const List& list, std::optional<std::uint32_t> hard_capacity, Instant now) {
  hard_ = hard_capacity;
  is_alone_ = list.size() == 1;
  keyed_by_ = at_once();
  ranking_.resize(list.size());
  by_number_.clear();
  for (const auto& endpoint : list) {
    ranking_.set(endpoint->place, key_for(*endpoint, now));
    if (!endpoint->slots) continue;
    const auto number = endpoint->slots->number;
    if (number >= by_number_.size()) by_number_.resize(number + 1, UINT32_MAX);
    by_number_[number] = static_cast<std::uint32_t>(endpoint->place);
  }
}

void LeastLoad::share(FreedPlaces* freed, std::uint32_t thread) {
  freed_ = freed;
  thread_ = thread;
}

bool LeastLoad::is_full(const Endpoint& endpoint) const {
  const auto limit = concurrency_.limit();
  if (!hard_ && !limit) return false;
  const std::uint32_t taken = endpoint.taken();
  if (hard_ && taken >= *hard_) return true;
  return limit && taken >= *limit && endpoint.load.extra == 0;
}

Ranking::Key LeastLoad::key_for(Endpoint& endpoint, Instant now) {
  if (!endpoint.open) return Ranking::kNever;
  if (!has_room(endpoint)) return Ranking::kNever;
  if (is_alone_) return key_of(1.0, 0);  // there is nothing to compare it with
  const double relative = relative_seconds(endpoint, now);
  const auto places = at_once();
  double cost = relative * (1.0 + endpoint.in_flight / static_cast<double>(places.value_or(1)));
  if (!places) cost /= endpoint.slow_start.share(now);
  if (places && relative > kSlow) cost += kLast;
  return key_of(cost, endpoint.load.turn);
}

void LeastLoad::place(Endpoint& endpoint, Instant now) {
  ranking_.set(endpoint.place, key_for(endpoint, now));
}

void LeastLoad::bring_up_to_date(const List& list, Instant now) {
  if (keyed_by_ != at_once()) rebuild(list, hard_, now);
  if (freed_ != nullptr) {
    freed_->take(thread_, [&](std::uint32_t number) {
      for (; number < by_number_.size(); number += FreedPlaces::kEndpointsMost) {
        if (by_number_[number] < list.size()) place(*list[by_number_[number]], now);
      }
    });
  }
  if (is_alone_) return;
  for (std::size_t i = 0; i < std::min(kUpdates, list.size()); ++i) {
    update_at_ = update_at_ + 1 < list.size() ? update_at_ + 1 : 0;
    place(*list[update_at_], now);
  }
}

Endpoint* LeastLoad::choose(const List& list, const Asked& asked, Instant now) {
  slow_wait_ = {};
  bring_up_to_date(list, now);
  Endpoint* aside = nullptr;  // found, but to be avoided
  Endpoint* chosen = lowest(list, asked, now, aside);
  if (aside != nullptr) place(*aside, now);
  return chosen;
}

Endpoint* LeastLoad::lowest(const List& list, const Asked& asked, Instant now, Endpoint*& aside) {
  while (const auto lowest = ranking_.lowest()) {
    Endpoint& endpoint = *list[*lowest];
    if (&endpoint == asked.avoid) aside = &endpoint;
    if (&endpoint == asked.avoid || !has_room(endpoint)) {
      ranking_.set(*lowest, Ranking::kNever);
      continue;
    }
    const bool only_slow_ones = is_last(ranking_.key(*lowest));
    const bool may_wait = asked.may != Asked::May::kNotWait;
    if (only_slow_ones && may_wait && is_worth_waiting(endpoint, asked, now)) return nullptr;
    return &endpoint;
  }
  if (asked.may == Asked::May::kNotWait) return lowest_beyond_limits(list, asked, now);
  if (asked.may == Asked::May::kLeaveIt) return nullptr;
  return take_extra(list, asked, now);
}

// Other threads may have filled it: they tell when there is room again.
bool LeastLoad::has_room(const Endpoint& endpoint) {
  if (!is_full(endpoint)) return true;
  if (freed_ == nullptr) return false;
  freed_->want(thread_);
  return !is_full(endpoint);
}

bool LeastLoad::is_worth_waiting(const Endpoint& endpoint, const Asked& asked, Instant now) {
  if (asked.in_flight == 0) return false;
  const double relative = relative_seconds(endpoint, now);
  if (relative <= kSlow) return false;
  const double more = relative - 1.0;
  const std::chrono::duration<double> slow_wait(more * service_.seconds_mean());
  slow_wait_ = std::chrono::duration_cast<Duration>(slow_wait);
  return asked.waiting < more * asked.in_flight && asked.waited < slow_wait_;
}

Endpoint* LeastLoad::lowest_beyond_limits(const List& list, const Asked& asked, Instant now) const {
  Endpoint* best = nullptr;
  double best_cost = 0.0;
  for (const auto& endpoint : list) {
    if (!endpoint->open || endpoint.get() == asked.avoid) continue;
    if (hard_ && endpoint->taken() >= *hard_) continue;
    const double cost = relative_seconds(*endpoint, now) * (1.0 + endpoint->taken());
    if (best != nullptr && cost >= best_cost) continue;
    best = endpoint.get();
    best_cost = cost;
  }
  return best;
}

Endpoint* LeastLoad::take_extra(const List& list, const Asked& asked, Instant now) {
  const auto limit = concurrency_.limit();
  if (!limit || (hard_ && *hard_ <= *limit)) return nullptr;
  const std::uint32_t extra = concurrency_.extra_for(asked.waited, service_, now);
  if (extra == 0) return nullptr;
  for (std::size_t tried = 0; tried < std::min(kExtraTries, list.size()); ++tried) {
    extra_at_ = extra_at_ + 1 < list.size() ? extra_at_ + 1 : 0;
    Endpoint& endpoint = *list[extra_at_];
    const bool fits = endpoint.open && &endpoint != asked.avoid && endpoint.taken() <= *limit;
    if (!fits || relative_seconds(endpoint, now) > kSlow) continue;
    endpoint.load.extra = extra;
    endpoint.load.above_limit_since = now;
    endpoint.load.ended_above_limit = 0;
    place(endpoint, now);
    return &endpoint;
  }
  return nullptr;
}

Instant LeastLoad::look_again(Instant since) const {
  Instant at = Instant::max();
  if (slow_wait_ != Duration{}) at = since + slow_wait_;
  if (limits()) at = std::min(at, concurrency_.extra_from(since, service_));
  return at;
}

void LeastLoad::began(Endpoint& endpoint, Instant now) {
  const auto limit = concurrency_.limit();
  if (limit && endpoint.taken() > *limit && endpoint.load.extra > 0) --endpoint.load.extra;
  endpoint.load.overlaps.begin(now);
  endpoint.load.turn = ++turn_;
  place(endpoint, now);
}

void LeastLoad::served(Endpoint& endpoint, Instant began, Instant now) {
  const auto overlap = endpoint.load.overlaps.end(began, now);
  double seconds = seconds_in(now - began);
  bool tells = !overlap || overlap->before == 0 || service_.is_known();
  if (overlap) {
    concurrency_.learn(*overlap, endpoint.load.speed.log_expected(service_, now), service_, now);
    seconds = concurrency_.service_seconds(*overlap);
  }
  if (tells) {
    const double log_seconds = std::log(std::max(seconds, 1e-6));
    service_.learn(log_seconds);
    endpoint.load.speed.learn(log_seconds, now);
  }
  judge_extra(endpoint, now);
  place(endpoint, now);
}

void LeastLoad::judge_extra(Endpoint& endpoint, Instant now) {
  EndpointLoad& load = endpoint.load;
  if (!load.above_limit_since) return;
  ++load.ended_above_limit;
  const auto limit = concurrency_.limit();
  if (limit && endpoint.in_flight > 0 && (load.extra > 0 || endpoint.taken() > *limit)) return;
  concurrency_.judge(load.ended_above_limit, now - *load.above_limit_since,
                     load.speed.log_expected(service_, now), service_, now);
  load.above_limit_since.reset();
  load.extra = 0;
}

void LeastLoad::ended_otherwise(Endpoint& endpoint, Instant began, Instant now) {
  endpoint.load.overlaps.drop(began);
  place(endpoint, now);
}

}  // namespace foretide::balancer
