#include "balancer/io/exchange.hpp"

#include <cerrno>

#include "balancer/core/service_routes.hpp"
#include "balancer/http/answer.hpp"
#include "common/check.hpp"

namespace foretide::balancer {
namespace {

bool is_out_of_sockets(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EADDRNOTAVAIL || error == ENOSPC;  // the last: no room to watch it
}

}  // namespace

Exchange::Exchange(TrafficThread& thread, Stream& client, Waiter& waiter, Buffer& input,
                   std::size_t head_size, const ClientSide& client_side)
    : thread_(thread),
      loop_(thread.loop()),
      client_(client),
      waiter_(waiter),
      input_(input),
      client_side_(client_side),
      request_(thread.buffers()),
      reply_(thread.buffers()),
      received_(thread.buffers()),
      request_head_((request_.acquire(), request_.block()), kBlockSize),
      head_size_(head_size) {}

Exchange::~Exchange() {
  if (service_ != nullptr) service_->leave(held_);
  if (held_.given != nullptr && endpoint_ == nullptr) endpoint_ = held_.given;
  if (endpoint_ != nullptr) finish(Finish::kReturned);
}

Task<After> Exchange::run() {
  head_ = parse_request_head({input_.data(), head_size_}, client_side_, request_head_);
  shared_head_size_ = request_head_.size();
  input_.consume(head_size_);
  if (head_.refused != 0) {
    ++thread_.counts().refused_requests_total;
    head_.close = true;  // whatever follows cannot be told from a request
    co_return co_await answer(head_.refused, head_.refusal);
  }
  request_body_ = BodyReader(head_.framing, head_.length);
  if (head_.answer_here) co_return co_await answer(200, "this proxy is the last on the way");
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
  service_->arrived(held_);

  while (outcome_ == Outcome::kPending) {
    endpoint_ = service_->take(loop_.now());
    if (endpoint_ == nullptr) co_await obtain_endpoint();
    if (outcome_ != Outcome::kPending) break;
    began_ = loop_.now();

    const bool once = !head_.idempotent || head_.framing != Framing::kNone;
    // Where connections are refused this is the trial, which an old connection cannot decide.
    upstream_ =
        endpoint_->refusals > 0 ? nullptr : take_idle(*endpoint_, once ? Probe::kYes : Probe::kNo);
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
  }
  if (outcome_ == Outcome::kDone) co_return after_response();
  co_return co_await answer_outcome();
}

Task<> Exchange::await_routes() {
  thread_.await_routes(waiter_);
  while (thread_.may_get_routes() && outcome_ == Outcome::kPending) {
    const Woke woke = co_await waiter_.sleep(Instant::max(), {&client_, kBroken});
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
    const Woke woke = co_await waiter_.sleep(Instant::max(), {&client_, kBroken});
    if (held_.given != nullptr) break;
    if (woke == Woke::kCancelled) outcome_ = Outcome::kCancelled;
    if (client_is_gone() || woke == Woke::kCancelled) co_return;
  }
  if (held_.given == nullptr) outcome_ = Outcome::kHeldInVain;
  endpoint_ = std::exchange(held_.given, nullptr);
}

bool Exchange::client_is_gone() {
  if ((client_.events() & kBroken) == 0) return false;
  outcome_ = Outcome::kClientGone;
  return true;
}

Task<> Exchange::connect() {
  // A table may have come while it was on its way here: nothing was sent, so the table has the
  // word.
  if (endpoint_->state != wire::EndpointState::kActive) co_return finish(Finish::kReturned);
  upstream_ = std::make_unique<UpstreamConnection>(loop_, endpoint_->address);
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
      if (upstream_->layer() != nullptr) report_tls_trouble();
      service_->refused(*endpoint_, held_);
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
  const Instant deadline = loop_.now() + service_->policy().connect_timeout;
  IoResult result = upstream_->connect();
  while (result.blocked()) {
    const Woke woke = co_await waiter_.sleep(deadline, {&client_, kBroken},
                                             {upstream_.get(), kReadable | kWritable | kBroken});
    if (woke == Woke::kCancelled) outcome_ = Outcome::kCancelled;
    if (client_is_gone() || woke == Woke::kCancelled) break;
    if (woke == Woke::kDeadline) {
      result = {IoResult::Kind::kError, 0, ETIMEDOUT};
    } else {
      result = upstream_->establish();
    }
  }
  co_return result;
}

void Exchange::report_tls_trouble() {
  const auto& trouble = static_cast<const TlsLayer&>(*upstream_->layer()).trouble();
  if (!trouble.empty()) service_->report_trouble(*endpoint_, "TLS: " + trouble);
}

void Exchange::begin_sending() {
  request_over_ = request_complete_ = false;
  response_deadline_ = Instant::max();
  if (sent_any_ || to_upstream_.empty()) {
    request_head_.truncate(shared_head_size_);
    end_request_head(head_, endpoint_->address, request_head_);
    CHECK(!request_head_.overflow(), "a head within its bound leaves room for what we add");
    to_upstream_ = {};
    to_upstream_.add(request_head_.text());
    // What came with the head goes with the head.
    if (!request_body_.done() && !input_.empty()) {
      const std::string_view bytes{input_.data(), input_.size()};
      const auto piece = request_body_.take(input_.data(), input_.size());
      to_upstream_.add_body(bytes.substr(0, piece.content), head_.framing, request_body_.done());
      input_.consume(piece.used);
    }
  }
  sent_any_ = false;
}

bool Exchange::may_send_again() const {
  if (!reused_) return false;
  return !sent_any_ || (head_.idempotent && head_.framing == Framing::kNone);
}

void Exchange::finish(Finish how) {
  CHECK(service_ != nullptr, "an endpoint is one of a service");
  service_->finish(*endpoint_, how, began_);
  endpoint_ = nullptr;
}

After Exchange::after_response() const {
  if (!request_complete_) return After::kLinger;
  return response_.close_client || head_.close ? After::kClose : After::kNext;
}

}  // namespace foretide::balancer
