#include "balancer/io/local_service.hpp"

#include <algorithm>
#include <utility>

#include "balancer/io/stream.hpp"
#include "balancer/io/upstream_pool.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer {
namespace {

constexpr std::chrono::seconds kRefusedPatience{2};
constexpr std::uint32_t kTriesWhenLate = 3;

}  // namespace

LocalService::LocalService(EventLoop& loop, Settings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      queue_(&settings_.share->tickets),
      timer_([](void* owner) { static_cast<LocalService*>(owner)->on_timer(); }, this) {}

Applied LocalService::apply(const wire::ServiceTable& table,
                            const std::map<WorkerId, std::shared_ptr<Slots>>& slots,
                            EndpointTls tls) {
  auto applied = endpoints_.apply(table);
  if (!applied.accepted) return applied;
  const bool other_tls = tls_.apply(std::move(tls));
  for (const auto& endpoint : endpoints_.endpoints()) {
    if (const auto found = slots.find(endpoint->id); found != slots.end() && !endpoint->slots) {
      endpoint->slots = found->second;
    }
    if (other_tls || endpoint->state != wire::EndpointState::kActive) close_idle(*endpoint);
  }
  if (settings_.threads > 1) endpoints_.share(&settings_.share->freed, settings_.thread);
  // What cannot be read lets nobody in, so a list never grows by a mistake in it.
  allowed_.reset();
  if (!policy().allow.empty()) allowed_.emplace();
  for (const auto& text : policy().allow) {
    if (const auto range = IpRange::parse(text)) allowed_->push_back(*range);
  }
  report_above_ = UINT32_MAX;
  if (const auto soft = policy().soft_capacity) {
    const auto total = static_cast<std::uint64_t>(endpoints_.active()) * *soft / settings_.threads;
    report_above_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(total, UINT32_MAX));
  }
  queue_.set_order(policy().queue_order == wire::TrafficPolicy::QueueOrder::kFair
                       ? HoldQueue::Order::kFair
                       : HoldQueue::Order::kFifo);
  if (removed()) {
    refuse_all(Refused::kRemoved);
  } else {
    let_go();
  }
  return applied;
}

void LocalService::coordinator_lost(bool lost) {
  coordinator_lost_ = lost;
  if (nothing_to_wait_for()) refuse_all(Refused::kNothingToWaitFor);
}

void LocalService::set_health(const WorkerId& worker, Health health) {
  endpoints_.set_health(worker, health);
  if (!queue_.empty()) let_go();
}

bool LocalService::nothing_to_wait_for() const {
  return coordinator_lost_ && !settings_.static_endpoints && endpoints_.all_refuse();
}

bool LocalService::allows(const IpBytes* client) const {
  return !allowed_ || (client != nullptr && contain(*allowed_, *client));
}

bool LocalService::may_retry() {
  if (retries_earned_ < 1.0) return false;
  retries_earned_ -= 1.0;
  ++traffic_.retries_total;
  return true;
}

ServiceSight LocalService::sight() const {
  return sight_of(traffic_, endpoints_, loop_.now());
}

void LocalService::arrived(HeldRequest& request) {
  ++traffic_.arrivals_total;
  retries_earned_ = std::min(retries_earned_ + policy().retry_budget, kRetriesEarnedMax);
  request.deadline = loop_.now() + policy().queue_wait;
}

void LocalService::limit_patience(HeldRequest& request) const {
  if (!settings_.static_endpoints || !endpoints_.all_refuse()) return;
  request.deadline = std::min<Instant>(request.deadline, loop_.now() + kRefusedPatience);
}

Refused LocalService::in_vain() const {
  if (endpoints_.active() == 0 || !endpoints_.all_refuse()) return Refused::kWaitedTooLong;
  return endpoints_.all_are_silent() ? Refused::kAllAreSilent : Refused::kAllRefuse;
}

Asked LocalService::asked() const {
  const auto& share = *settings_.share;
  const bool alone = settings_.threads == 1;
  const Instant now = loop_.now();
  return {.waiting = alone ? static_cast<std::uint32_t>(queue_.size())
                           : share.held.load(std::memory_order_relaxed),
          .in_flight = alone ? endpoints_.in_flight() : share.in_flight(),
          .waited = now - queue_.oldest_since().value_or(now)};
}

Asked LocalService::asked_for(const HeldRequest& request) const {
  Asked asked = this->asked();
  asked.key = &request.key;
  asked.avoid = request.avoid;
  return asked;
}

Endpoint* LocalService::begin(const Asked& asked) {
  const Instant now = loop_.now();
  while (Endpoint* endpoint = picker_.pick(endpoints_, asked, now)) {
    if (!endpoints_.begin(*endpoint, now)) continue;
    traffic_.busy.start(now);
    tell_in_flight();
    return endpoint;
  }
  return nullptr;
}

// At another endpoint than where it broke, if there is room; but it keeps nobody waiting for that.
Endpoint* LocalService::begin_for(const HeldRequest& request, Asked::May may) {
  Asked asked = asked_for(request);
  asked.may = may;
  Endpoint* endpoint = begin(asked);
  if (endpoint != nullptr || request.avoid == nullptr) return endpoint;
  asked.avoid = nullptr;
  return begin(asked);
}

Endpoint* LocalService::take(HeldRequest& request) {
  if (!queue_.empty() || thread_before(std::nullopt)) return nullptr;
  Asked asked = asked_for(request);
  ++asked.waiting;
  if (policy().queue_max == 0 || policy().queue_wait.count() == 0) asked.may = Asked::May::kNotWait;
  Endpoint* endpoint = begin(asked);
  if (endpoint == nullptr) return nullptr;
  request.began = loop_.now();
  if (traffic_.busy.running() > report_above_) settings_.report_now();
  return endpoint;
}

void LocalService::tell_in_flight() {
  if (settings_.threads == 1) return;
  settings_.share->set_in_flight(settings_.thread, endpoints_.in_flight());
}

void LocalService::note_limited() {
  if (settings_.threads == 1 || limited_ == endpoints_.load().limits()) return;
  limited_ = !limited_;
  settings_.share->limited.fetch_add(limited_ ? 1 : UINT32_MAX, std::memory_order_seq_cst);
}

void LocalService::connected(Endpoint& endpoint) {
  const bool was_closed = endpoint.refusals > 0;
  endpoints_.connected(endpoint);
  if (was_closed) {
    spdlog::info("{}: worker {} takes connections again", id().text, endpoint.address.text());
  }
  if (was_closed && !queue_.empty()) let_go();
}

void LocalService::refused(Endpoint& endpoint, NoConnection why, HeldRequest& request) {
  const Instant now = loop_.now();
  endpoints_.refused(endpoint, now, why);
  limit_patience(request);
  // One that may not wait still deserves a second and a third endpoint, where some take requests.
  const bool tried = ++request.refusals >= kTriesWhenLate || endpoints_.all_refuse();
  if (!tried || request.deadline >= now) return;
  refuse(request, endpoints_.all_refuse() ? in_vain() : Refused::kAllRefuse);
}

void LocalService::finish(Endpoint& endpoint, Finish how, Instant began) {
  const Instant now = loop_.now();
  const std::uint32_t number = endpoint.number;
  traffic_.busy.end(now);
  const auto ejected = endpoints_.ejected_total();
  endpoints_.finish(endpoint, how, began, now);
  if (endpoints_.ejected_total() != ejected) tell_ejection(endpoint, how);
  tell_in_flight();
  if (how != Finish::kReturned) pace_.ended(now);
  note_limited();
  const bool others_wait = thread_before(std::nullopt).has_value();
  if (!queue_.empty() || others_wait) let_go();
  if (!others_wait) return;
  // A place that is of no use here may be of use to others, who judge for themselves.
  const Endpoint* left = endpoints_.find(number);
  const bool is_active = left != nullptr && left->state == wire::EndpointState::kActive;
  if (is_active && !left->open) offer_after(0);
}

void LocalService::refuse(HeldRequest& request, Refused why) {
  request.refused = why;
  request.retry_after.reset();
  if (why == Refused::kRemoved) return;
  // The service's requests in all threads wait, and end at as many times this one's pace.
  const std::size_t waiting = settings_.share->held.load(std::memory_order_relaxed);
  request.retry_after = pace_.until_served(waiting / settings_.threads + 1, loop_.now());
}

void LocalService::report_trouble(const Endpoint& endpoint, std::string_view trouble) {
  if (endpoint.refusals > 0) return;  // the first of many tells it
  spdlog::warn("{}: no connection to worker {}: {}", id().text, endpoint.address.text(), trouble);
}

void LocalService::tell_ejection(const Endpoint& endpoint, Finish how) {
  using std::chrono::duration_cast, std::chrono::seconds;
  const char* const why = how == Finish::kCompleted       ? "it is far slower than the others"
                          : how == Finish::kAnsweredError ? "its last five answers were errors"
                                                          : "its last five requests failed";
  spdlog::warn("{}: worker {} gets no requests for {} s: {}", id().text, endpoint.address.text(),
               duration_cast<seconds>(endpoint.ejection.until() - loop_.now()).count(), why);
}

wire::ServiceTraffic LocalService::report() const {
  return traffic_for(settings_.id, traffic_, endpoints_, queue_, loop_.now());
}

}  // namespace foretide::balancer
