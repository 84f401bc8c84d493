#include "balancer/io/exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "balancer/core/key_hash.hpp"
#include "balancer/core/service_routes.hpp"
#include "balancer/http/head_changes.hpp"
#include "balancer/http/request_key.hpp"
#include "balancer/io/front.hpp"
#include "common/address.hpp"
#include "common/check.hpp"

namespace foretide::balancer {
namespace {

bool is_out_of_sockets(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EADDRNOTAVAIL || error == ENOSPC;  // the last: no room to watch it
}

}  // namespace

Exchange::Exchange(TrafficThread& thread, Stream& client, Waiter& waiter, Buffer& input,
                   const ClientSide& client_side)
    : thread_(thread),
      loop_(thread.loop()),
      client_(client),
      waiter_(waiter),
      input_(input),
      client_side_(client_side),
      request_(thread.buffers()),
      reply_(thread.buffers()),
      received_(thread.buffers()),
      record_texts_(thread.buffers()),
      request_head_((request_.acquire(), request_.block()), kBlockSize) {}

Exchange::~Exchange() {
  if (service_ != nullptr) service_->leave(held_);
  if (held_.given != nullptr && endpoint_ == nullptr) endpoint_ = held_.given;
  if (endpoint_ != nullptr) finish(Finish::kReturned);
  if (is_logged()) log();
}

Task<After> Exchange::run() {
  arrived_ = loop_.now();
  head_ = parse_request_head({input_.data(), input_.size()}, client_side_, thread_.draw_ids(),
                             request_head_);
  input_.consume(head_.size);
  from_ = real_client(client_side_, head_.fields, thread_.front().trusted);
  if (is_logged()) note_request();
  if (head_.refused != 0) {
    ++thread_.counts().refused_requests_total;
    head_.close = true;  // whatever follows cannot be told from a request
    co_return co_await answer(head_.refused, head_.refusal);
  }
  request_body_ = BodyReader(head_.framing, head_.length);
  if (head_.answer_here) co_return co_await answer(200, "this proxy is the last on the way");
  if (const auto& path = thread_.front().ready_path; !path.empty() && head_.target == path) {
    is_probe_ = true;
    const bool ready = thread_.is_ready();
    co_return co_await answer(ready ? 200 : 503, ready ? "ready" : "going away, or no routes yet");
  }
  if (thread_.buffers().is_short()) co_return co_await answer_out_of_memory();
  if (!thread_.has_routes()) {
    co_await await_routes();
    if (outcome_ != Outcome::kPending) co_return After::kDrop;
  }
  service_ = thread_.service_for({head_.host, head_.target, head_.fields});
  if (service_ == nullptr) {
    ++thread_.counts().unmatched_total;
    if (thread_.has_routes()) co_return co_await answer(404, "no service matches this request");
    co_return co_await answer(503, "no routing table and no coordinator to send one");
  }
  if (const auto refusal = refusal_by_policy(); refusal.status != 0) {
    ++thread_.counts().refused_requests_total;
    if (refusal.status == 308) co_return co_await send_to_https();
    co_return co_await answer(refusal.status, refusal.reason);
  }
  if (!change_request_head()) co_return co_await answer(431, "the request head is too large");
  shared_head_size_ = request_head_.size();

  service_->arrived(held_);
  if (const auto total = service_->policy().total_timeout; total.count() > 0) {
    total_deadline_ = arrived_ + total;
    held_.deadline = std::min(held_.deadline, total_deadline_);
  }
  name_keys();
  take_in_hand();
  const std::size_t look = service_->policy().body_look_bytes;
  if (look > in_hand_.size() && outcome_ == Outcome::kPending) co_await look_ahead(look);
  if (service_->policy().balance == wire::TrafficPolicy::Balance::kPrefixAffinity) {
    held_.key.prefix = prefix_of(in_hand_);
  }
  co_await serve();
  if (outcome_ == Outcome::kDone) co_return after_response();
  if (outcome_ == Outcome::kSwitched) co_return co_await tunnel();
  co_return co_await answer_outcome();
}

Exchange::Refusal Exchange::refusal_by_policy() const {
  const auto& policy = service_->policy();
  if (!service_->allows(from_.ip ? &*from_.ip : nullptr)) {
    return {403, "this address may not use the service (allow)"};
  }
  if (policy.https_only && !head_.is_secure) return {308, "https only"};
  if (policy.body_max_bytes > 0 && head_.framing == Framing::kLength &&
      head_.length > policy.body_max_bytes) {
    return {413, "the request's body is larger than the service takes (request.body_max)"};
  }
  return {};
}

// Who it comes from and where it belongs, for the policies that want to know.
void Exchange::name_keys() {
  using Policy = wire::TrafficPolicy;
  const Policy& policy = service_->policy();
  const auto hash_in = [this](const wire::KeySource& source) -> std::optional<std::uint64_t> {
    const auto key = key_in(source, head_.fields, from_.address);
    return key ? std::optional(key_hash(*key)) : std::nullopt;
  };
  if (policy.balance == Policy::Balance::kHash) held_.key.hash = hash_in(policy.balance_key);
  if (policy.queue_order == Policy::QueueOrder::kFair) {
    held_.client = hash_in(policy.queue_key).value_or(0);
  }
}

bool Exchange::change_request_head() {
  const auto& changes = service_->policy().request;
  if (changes.empty()) return true;
  head_.fields_begin = change_path(changes, head_.fields_begin, request_head_);
  change_fields(changes, head_.fields_begin, request_head_);
  return has_room_to_end(request_head_);
}

Task<> Exchange::serve() {
  while (outcome_ == Outcome::kPending) {
    if (loop_.now() >= total_deadline_) {
      outcome_ = Outcome::kOutOfTime;
      break;
    }
    endpoint_ = service_->take(held_);
    if (endpoint_ == nullptr) co_await obtain_endpoint();
    if (outcome_ != Outcome::kPending || client_is_gone()) break;
    if (is_logged()) record_.worker = noted(endpoint_->id.text);

    // Where connections are refused this is the trial, which an old connection cannot decide.
    const Probe probe = may_be_repeated() ? Probe::kNo : Probe::kYes;
    upstream_ = endpoint_->refusals > 0 ? nullptr : take_idle(loop_, *endpoint_, probe);
    reused_ = upstream_ != nullptr;
    if (reused_) {
      upstream_->set_waiter(&waiter_);
    } else {
      co_await connect();
      if (!upstream_) continue;
    }
    begin_sending();
    co_await relay();
    while (outcome_ == Outcome::kClosedUnanswered && may_send_again()) {
      reused_ = false;
      outcome_ = Outcome::kPending;
      upstream_.reset();
      co_await connect();
      if (!upstream_) break;
      begin_sending();
      co_await relay();
    }
    if (outcome_ == Outcome::kClosedUnanswered && may_try_elsewhere()) {
      upstream_.reset();
      held_.avoid = endpoint_;
      finish(Finish::kFailed);
      outcome_ = Outcome::kPending;
    }
  }
}

Task<> Exchange::await_routes() {
  thread_.await_routes(waiter_);
  while (thread_.may_get_routes() && outcome_ == Outcome::kPending) {
    const Woke woke = co_await waiter_.sleep(Instant::max(), {&client_, gone_events()});
    if (woke == Woke::kCancelled) {
      outcome_ = Outcome::kCancelled;
    } else if (client_is_gone()) {
      break;
    }
  }
  thread_.leave_awaiting(waiter_);
}

Task<> Exchange::obtain_endpoint() {
  held_.waiter = &waiter_;
  held_.given = nullptr;
  service_->hold(held_);
  while (held_.given == nullptr && held_.refused == Refused::kNot) {
    const int more = wants_more_in_hand() ? kReadable : kNothing;
    const auto events = static_cast<std::uint8_t>(gone_events() | more);
    const Woke woke = co_await waiter_.sleep(Instant::max(), {&client_, events});
    if (held_.given != nullptr) break;
    if (woke == Woke::kCancelled) outcome_ = Outcome::kCancelled;
    if (client_is_gone() || woke == Woke::kCancelled) co_return;
    read_in_hand();
    if (outcome_ != Outcome::kPending) co_return;
  }
  if (held_.given == nullptr) outcome_ = Outcome::kHeldInVain;
  endpoint_ = std::exchange(held_.given, nullptr);
  held_for_ = std::chrono::floor<std::chrono::milliseconds>(loop_.now() - arrived_);
}

// What says that the client has left. One that sends nothing more cannot be told from one that has
// closed, and a worker should not work for nobody; but what it has answered costs nothing to give.
std::uint8_t Exchange::gone_events() const {
  const bool may_serve = thread_.front().serves_half_closed || response_read_;
  return may_serve ? kBroken : kBroken | kPeerEnded;
}

bool Exchange::client_is_gone() {
  if ((client_.events() & gone_events()) == 0) return false;
  outcome_ = Outcome::kClientGone;
  return true;
}

Task<> Exchange::connect() {
  // A table may have come while it was on its way here: nothing was sent, so the table has the
  // word.
  if (endpoint_->state != wire::EndpointState::kActive) co_return finish(Finish::kReturned);
  upstream_ = thread_.upstreams().connection_to(endpoint_->address);
  if (!upstream_) outcome_ = Outcome::kOutOfSockets;
  if (!upstream_) co_return;
  upstream_->set_waiter(&waiter_);
  if (auto tls = service_->tls().layer_for(*endpoint_, *upstream_)) {
    upstream_->set_layer(std::move(tls));
  }
  const IoResult result = co_await await_connection();
  if (outcome_ == Outcome::kPending) {
    const bool moved = upstream_->address() != endpoint_->address;
    if (is_out_of_sockets(result.error)) {
      outcome_ = Outcome::kOutOfSockets;
    } else if (!moved && !result.done()) {
      report_trouble(result.error);
      const bool silent = result.error == ETIMEDOUT;
      service_->refused(*endpoint_, silent ? NoConnection::kTimedOut : NoConnection::kRefused,
                        held_);
    } else if (!moved) {
      service_->connected(*endpoint_);
      if (endpoint_->state == wire::EndpointState::kActive) co_return;
    }
  }
  upstream_.reset();
  if (outcome_ != Outcome::kPending) co_return;
  finish(Finish::kReturned);
  if (held_.refused != Refused::kNot) outcome_ = Outcome::kHeldInVain;
}

Task<IoResult> Exchange::await_connection() {
  const Instant deadline =
      std::min<Instant>(loop_.now() + service_->policy().connect_timeout, total_deadline_);
  IoResult result = upstream_->connect();
  while (result.blocked()) {
    const Woke woke = co_await waiter_.sleep(deadline, {&client_, gone_events()},
                                             {upstream_.get(), kReadable | kWritable | kBroken});
    if (woke == Woke::kCancelled) outcome_ = Outcome::kCancelled;
    if (client_is_gone() || woke == Woke::kCancelled) break;
    if (woke == Woke::kDeadline && loop_.now() >= total_deadline_) {
      outcome_ = Outcome::kOutOfTime;  // which says nothing of the worker
      break;
    }
    if (woke == Woke::kDeadline) {
      result = {IoResult::Kind::kError, 0, ETIMEDOUT};
    } else {
      result = upstream_->establish();
    }
  }
  co_return result;
}

void Exchange::report_trouble(int error) {
  if (const auto* const tls = static_cast<const TlsLayer*>(upstream_->layer())) {
    if (const auto& trouble = tls->trouble(); !trouble.empty()) {
      return service_->report_trouble(*endpoint_, "TLS: " + trouble);
    }
  }
  const bool is_resolved = is_ip_address(endpoint_->address.host);
  service_->report_trouble(*endpoint_,
                           is_resolved ? std::strerror(error) : "its name cannot be resolved");
}

void Exchange::begin_sending() {
  request_over_ = request_complete_ = sent_any_ = false;
  response_deadline_ = Instant::max();
  request_head_.truncate(shared_head_size_);
  end_request_head(head_, endpoint_->address, request_head_);
  CHECK(!request_head_.overflow(), "a head within its bound leaves room for what we add");
  to_upstream_ = {};
  to_upstream_.add(request_head_.text());
  to_upstream_.add_body(in_hand_, head_.framing, request_body_.done());
}

bool Exchange::may_send_again() const {
  return reused_ && (!sent_any_ || may_be_repeated());
}

bool Exchange::may_try_elsewhere() {
  if (sent_any_ && !may_be_repeated()) return false;
  if (service_->endpoints().active() < 2) return false;
  if (retries_ >= service_->policy().retries || !service_->may_retry()) return false;
  ++retries_;
  return true;
}

void Exchange::finish(Finish how) {
  CHECK(service_ != nullptr, "an endpoint is one of a service");
  service_->finish(*endpoint_, how, held_.began);
  endpoint_ = nullptr;
}

After Exchange::after_response() const {
  if (!request_complete_) return After::kLinger;
  return response_.close_client || head_.close ? After::kClose : After::kNext;
}

}  // namespace foretide::balancer
