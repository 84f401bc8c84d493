// How an exchange ends that has no response to relay: what is counted, what the client is told.
#include <string>
#include <utility>

#include "balancer/core/service_routes.hpp"
#include "balancer/http/answer.hpp"
#include "balancer/io/exchange.hpp"

namespace foretide::balancer {

// 308 keeps the method and the body (RFC 9110 section 15.4.9).
Task<After> Exchange::send_to_https() {
  const std::string_view host = head_.host;
  if (host.empty()) co_return co_await answer(400, "the request has no Host to send to https");
  std::string location = "https://";
  const auto brackets_end = host.find(']');  // of an IPv6 address, which holds colons
  const auto port = host.find(':', brackets_end == std::string_view::npos ? 0 : brackets_end);
  location += host.substr(0, port);
  location += head_.target == "*" ? "/" : head_.target;
  co_return co_await answer(308, "this service is reached by https only", location);
}

Task<After> Exchange::answer(int status, std::string_view reason, std::string_view location) {
  const bool body_is_over = head_.framing == Framing::kNone || request_body_.done();
  const bool close = head_.close || thread_.ends_connections() || !body_is_over;
  const auto accept = head_intact_ ? field_in(head_.fields, "accept") : std::nullopt;
  if (!to_client_.empty()) co_return After::kDrop;  // in the midst of an interim response
  reply_.acquire();
  HeadWriter out(reply_.block(), kBlockSize);
  write_answer({.status = status,
                .reason = reason,
                .service = service_ == nullptr ? std::string_view{} : service_->id().text,
                .accept = accept.value_or(std::string_view{}),
                .date = thread_.date(),
                .location = location,
                .retry_after = held_.retry_after.value_or(std::chrono::seconds(1)),
                .close = close,
                .without_body = head_.is_head},
               out);
  heads_to_client_ += out.text().find("\r\n\r\n") + 4;
  to_client_.add(out.text());
  record_.status = status;
  const Instant deadline = loop_.now() + std::chrono::seconds(10);
  for (;;) {
    const IoResult result = to_client_.flush(client_);
    sent_to_client_ += result.size;
    if (result.done()) break;
    if (!result.blocked()) co_return After::kDrop;
    const Woke woke = co_await waiter_.sleep(deadline, {&client_, kWritable | kBroken});
    if (woke == Woke::kDeadline || woke == Woke::kCancelled) co_return After::kDrop;
  }
  if (!body_is_over || head_.refused != 0) co_return After::kLinger;
  co_return close ? After::kClose : After::kNext;
}

Task<After> Exchange::answer_outcome() {
  service_->leave(held_);
  if (held_.given != nullptr) endpoint_ = std::exchange(held_.given, nullptr);
  auto& traffic = service_->traffic();
  const bool by_client = outcome_ == Outcome::kClientGone || outcome_ == Outcome::kClientSlow ||
                         outcome_ == Outcome::kBadRequestBody ||
                         outcome_ == Outcome::kBodyTooLarge || outcome_ == Outcome::kCancelled;
  if (outcome_ == Outcome::kHeldInVain) {
    ++traffic.refused_total;
    if (held_.ticket) ++traffic.refused_held_total;
  } else if (!response_read_) {
    ++(by_client ? thread_.counts().abandoned_total : traffic.failed_total);
  }
  if (outcome_ == Outcome::kOutOfSockets) ++thread_.counts().shed_for_sockets_total;
  upstream_.reset();
  if (endpoint_ != nullptr) {
    // Time that a client took to send, or to take its answer, is none of the worker's.
    const bool waits_for_client = !request_over_ || !to_client_.empty();
    const bool blameless = by_client || outcome_ == Outcome::kOutOfSockets ||
                           outcome_ == Outcome::kOutOfMemory ||
                           (outcome_ == Outcome::kOutOfTime && waits_for_client);
    const bool too_slow = outcome_ == Outcome::kUpstreamSlow || outcome_ == Outcome::kOutOfTime;
    if (too_slow && !blameless) traffic.durations.add(loop_.now() - arrived_);
    finish(blameless ? Finish::kReturned : Finish::kFailed);
  }
  if (told_client_) {
    const bool drained = outcome_ == Outcome::kCancelled && thread_.ends_connections();
    record_.cut = timed_out_ || drained ? "time" : by_client ? "client" : "worker";
    // It must see that this is not the whole, whoever cut it. Where the end of the connection ends
    // the body, only a reset says so.
    co_return response_.to_client == Framing::kUntilClose ? After::kReset : After::kDrop;
  }
  if (outcome_ == Outcome::kClientGone || outcome_ == Outcome::kCancelled) co_return After::kDrop;
  if (!request_body_.done()) head_.close = true;
  switch (outcome_) {
    case Outcome::kHeldInVain:
      co_return co_await answer_held_in_vain();
    case Outcome::kBadRequestBody:
      co_return co_await answer(400, "the request's body is malformed");
    case Outcome::kBodyTooLarge:
      co_return co_await answer(
          413, "the request's body is larger than the service takes (request.body_max)");
    case Outcome::kOutOfTime:
      co_return co_await answer(504, "the request did not end in time (timeouts.total)");
    case Outcome::kClientSlow:
      co_return co_await answer(408, "the request's body did not come in time");
    case Outcome::kUpstreamSlow:
      co_return co_await answer(504, "the worker did not answer in time");
    case Outcome::kBadResponse:
      co_return co_await answer(502, trouble_);
    case Outcome::kOutOfSockets:
      co_return co_await answer(503, "the balancer has no socket left for a worker");
    case Outcome::kOutOfMemory:
      co_return co_await answer_out_of_memory();
    default:
      co_return co_await answer(502, "the worker closed the connection without an answer");
  }
}

Task<After> Exchange::answer_out_of_memory() {
  ++thread_.counts().shed_for_memory_total;
  co_return co_await answer(503, "the balancer is out of memory for requests (listen.memory_max)");
}

Task<After> Exchange::answer_held_in_vain() {
  switch (held_.refused) {
    case Refused::kQueueFull:
      co_return co_await answer(503, "too many requests are waiting already (queue.max)");
    case Refused::kAllRefuse:
      co_return co_await answer(502, "no worker could be connected to");
    case Refused::kAllAreSilent:
      co_return co_await answer(504, "no worker could be connected to in time (timeouts.connect)");
    case Refused::kNothingToWaitFor:
      co_return co_await answer(503,
                                "no worker is ready and the coordinator has not been heard of");
    case Refused::kRemoved:
      co_return co_await answer(503, "this service was removed");
    default:
      co_return co_await answer(503, "no worker became free in time (queue.wait)");
  }
}

}  // namespace foretide::balancer
