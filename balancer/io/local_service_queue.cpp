// Who waits, and whose turn it is: among the requests that this thread holds, and among the
// threads.
#include <algorithm>

#include "balancer/io/local_service.hpp"
#include "balancer/io/stream.hpp"

namespace foretide::balancer {
namespace {

constexpr std::chrono::milliseconds kLookAgainGap{8};

}  // namespace

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

void LocalService::give(HeldRequest& request, Endpoint& endpoint) {
  request.given = &endpoint;
  request.began = loop_.now();
  if (request.ticket) request.waiter->wake();
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

bool LocalService::shares_places() const {
  if (settings_.threads == 1) return false;
  return policy().hard_capacity || settings_.share->limited.load(std::memory_order_seq_cst) > 0;
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

}  // namespace foretide::balancer
