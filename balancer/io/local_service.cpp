#include "balancer/io/local_service.hpp"

#include <algorithm>
#include <utility>

#include "balancer/io/stream.hpp"
#include "balancer/io/upstream_pool.hpp"
#include "common/check.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer {
namespace {

constexpr std::chrono::seconds kRefusedPatience{2};
constexpr std::uint32_t kTriesWhenLate = 3;
constexpr std::chrono::milliseconds kLookAgainGap{8};

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
  return true;
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
  const bool all_refuse = endpoints_.active() > 0 && endpoints_.all_refuse();
  return all_refuse ? Refused::kAllRefuse : Refused::kWaitedTooLong;
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

void LocalService::hold(HeldRequest& request) {
  const Instant now = loop_.now();
  limit_patience(request);
  if (removed()) return refuse(request, Refused::kRemoved);
  if (nothing_to_wait_for()) return refuse(request, Refused::kNothingToWaitFor);
  if (request.deadline < now) return refuse(request, in_vain());
  if (!request.ticket) {
    request.since = now;
    // `queue.max` is the service's: what other threads hold counts.
    const std::size_t all = settings_.share->held.load(std::memory_order_relaxed);
    const std::size_t elsewhere = all - std::min(all, waiting_.size());
    const std::size_t room =
        policy().queue_max - std::min<std::size_t>(policy().queue_max, elsewhere);
    request.ticket = queue_.enter(room, entry_of(request));
    if (!request.ticket && make_room(request)) {
      if (request.given != nullptr) return;
      request.ticket = queue_.enter(room, entry_of(request));
    }
    if (!request.ticket) return refuse(request, Refused::kQueueFull);
    ++traffic_.held_total;
  } else {
    queue_.come_back(*request.ticket, entry_of(request));
  }
  waiting_[*request.ticket] = &request;
  traffic_.held.start(now);
  show_oldest();
  settings_.share->held.fetch_add(1, std::memory_order_seq_cst);
  // What is kept back for a moment by what was learned is no sign of too few workers.
  const bool by_choice =
      endpoints_.load().limits() && !policy().hard_capacity && !endpoints_.all_refuse();
  if (!by_choice) settings_.report_now();
  let_go();
}

void LocalService::give(HeldRequest& request, Endpoint& endpoint) {
  request.given = &endpoint;
  request.began = loop_.now();
  if (request.ticket) request.waiter->wake();
}

// The queue is full: the oldest goes on, or this one when it is the only one, if nothing but what
// was learned keeps it back.
bool LocalService::make_room(HeldRequest& request) {
  const auto first = queue_.first();
  HeldRequest& oldest = first ? *waiting_.at(*first) : request;
  Endpoint* endpoint = begin_for(oldest, Asked::May::kNotWait);
  if (endpoint == nullptr) return false;
  if (!first) {
    give(request, *endpoint);
    return true;
  }
  queue_.leave(*first);
  stop_waiting(oldest);
  give(oldest, *endpoint);
  return true;
}

void LocalService::leave(HeldRequest& request) {
  if (!request.ticket || !queue_.leave(*request.ticket)) return;
  stop_waiting(request);
  if (shares_places()) let_go();  // others may have waited behind it
}

void LocalService::stop_waiting(HeldRequest& request) {
  waiting_.erase(*request.ticket);
  traffic_.held.end(loop_.now());
  settings_.share->held.fetch_sub(1, std::memory_order_relaxed);
}

bool LocalService::shares_places() const {
  if (settings_.threads == 1) return false;
  return policy().hard_capacity || settings_.share->limited.load(std::memory_order_seq_cst) > 0;
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

std::optional<std::uint32_t> LocalService::thread_before(
    std::optional<HoldQueue::Ticket> first) const {
  if (!shares_places()) return std::nullopt;
  if (settings_.share->held.load(std::memory_order_seq_cst) <= waiting_.size()) return std::nullopt;
  return settings_.share->thread_before(first.value_or(ServiceShare::kNobody), settings_.thread);
}

// Nobody has to give way to one that could not take a place, as none of its endpoints is open.
void LocalService::show_oldest() {
  if (settings_.threads == 1) return;
  const bool waits = shares_places() && !queue_.empty() && endpoints_.has_open();
  settings_.share->show(settings_.thread, waits ? *queue_.first() : ServiceShare::kNobody);
}

void LocalService::let_go() {
  const Instant now = loop_.now();
  endpoints_.look(now);
  show_oldest();  // before looking for a place, or whoever gives one back sees nobody
  bool offered = settings_.share->take_offer(settings_.thread);
  for (;;) {
    const auto first = queue_.first();
    const auto before = offered ? std::nullopt : thread_before(first);
    if (before && picker_.has_place(endpoints_, asked(), now)) offer(*before);
    if (before || !first) break;
    HeldRequest& request = *waiting_.at(*first);
    Endpoint* endpoint = begin_for(request, Asked::May::kWait);
    if (endpoint == nullptr) break;
    offered = false;
    queue_.leave(*first);
    stop_waiting(request);
    give(request, *endpoint);
  }
  if (offered) offer_after(queue_.first().value_or(0));
  show_oldest();
  set_timer();
}

void LocalService::offer(std::uint32_t thread) {
  settings_.share->offer(thread);
  settings_.wake_thread(thread);
}

void LocalService::offer_after(HoldQueue::Ticket ticket) {
  if (!shares_places()) return;
  if (const auto next = settings_.share->thread_after(ticket, settings_.thread)) offer(*next);
}

void LocalService::connected(Endpoint& endpoint) {
  const bool was_closed = endpoint.refusals > 0;
  endpoints_.connected(endpoint);
  if (was_closed && !queue_.empty()) let_go();
}

void LocalService::refused(Endpoint& endpoint, HeldRequest& request) {
  const Instant now = loop_.now();
  endpoints_.refused(endpoint, now);
  limit_patience(request);
  // One that may not wait still deserves a second and a third endpoint, where some take requests.
  const bool tried = ++request.refusals >= kTriesWhenLate || endpoints_.all_refuse();
  if (tried && request.deadline < now) refuse(request, Refused::kAllRefuse);
}

void LocalService::finish(Endpoint& endpoint, Finish how, Instant began) {
  const Instant now = loop_.now();
  const std::uint32_t number = endpoint.number;
  traffic_.busy.end(now);
  endpoints_.finish(endpoint, how, began, now);
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

void LocalService::refuse_all(Refused why) {
  for (const auto ticket : queue_.take_all()) {
    HeldRequest& request = *waiting_.at(ticket);
    stop_waiting(request);
    refuse(request, why);
    request.waiter->wake();
  }
  let_go();
}

void LocalService::on_timer() {
  const Refused why = in_vain();
  for (const auto ticket : queue_.take_expired(loop_.now())) {
    HeldRequest& request = *waiting_.at(ticket);
    stop_waiting(request);
    if (Endpoint* endpoint = begin_for(request, Asked::May::kNotWait)) {
      give(request, *endpoint);
      continue;
    }
    refuse(request, why);
    request.waiter->wake();
  }
  let_go();
}

void LocalService::set_timer() {
  if (queue_.empty()) {
    timer_.clear();
    return;
  }
  Instant next = *queue_.next_deadline();
  next = std::min(next, endpoints_.opens_at());
  if (!thread_before(queue_.first())) {
    const Instant again = endpoints_.load().look_again(*queue_.oldest_since());
    next = std::min<Instant>(next, std::max<Instant>(again, loop_.now() + kLookAgainGap));
  }
  loop_.timers().set(timer_, next);
}

void LocalService::report_trouble(const Endpoint& endpoint, std::string_view trouble) {
  const std::string line = settings_.id.text + ": no connection to " + endpoint.address.text() +
                           ": " + std::string(trouble);
  if (log_limit_.let_through(line, loop_.now())) spdlog::warn("{}", line);
}

wire::ServiceTraffic LocalService::report() const {
  return traffic_for(settings_.id, traffic_, endpoints_, queue_, loop_.now());
}

}  // namespace foretide::balancer
