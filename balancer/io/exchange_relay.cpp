// The two directions of an exchange. Each pump moves what can be moved without waiting and returns
// when it is stuck, when its direction is over, or when the exchange has an outcome.
#include <algorithm>

#include "balancer/io/exchange.hpp"

namespace foretide::balancer {
namespace {

constexpr std::size_t kSmallBody = 4096;  // copied behind its head, to go out in one piece
constexpr EventBudget::Rate kInterims{.at_once = 100, .per_second = 10};  // of one request

}  // namespace

Task<> Exchange::relay() {
  for (;;) {
    pump_request();
    if (outcome_ == Outcome::kPending) pump_response();
    if (outcome_ != Outcome::kPending) co_return;

    if (blocks_in_a_row_ >= kBlocksInARow) {
      blocks_in_a_row_ = 0;
      const Woke woke = co_await waiter_.yield();
      if (woke != Woke::kCancelled) continue;
      outcome_ = Outcome::kCancelled;
      co_return;
    }
    Want client{&client_, gone_events()};
    if (!to_client_.empty()) client.events |= kWritable;
    if (!request_over_ && to_upstream_.empty()) client.events |= kReadable;
    Want upstream;
    if (upstream_) {
      upstream.stream = upstream_.get();
      if (to_client_.empty()) upstream.events |= kReadable;
      if (!to_upstream_.empty() && !request_over_) upstream.events |= kWritable;
    }
    const Woke woke = co_await waiter_.sleep(deadline(), client, upstream);
    blocks_in_a_row_ = 0;
    if (woke == Woke::kCancelled) outcome_ = Outcome::kCancelled;
    timed_out_ = woke == Woke::kDeadline;
    if (timed_out_) outcome_ = outcome_of_deadline();
    if (outcome_ != Outcome::kPending || client_is_gone()) co_return;
  }
}

Instant Exchange::deadline() const {
  if (request_over_ && !in_body_ && to_client_.empty()) {
    return std::min(response_deadline_, total_deadline_);
  }
  return std::min<Instant>(loop_.now() + service_->policy().idle_timeout, total_deadline_);
}

Exchange::Outcome Exchange::outcome_of_deadline() const {
  if (loop_.now() >= total_deadline_) return Outcome::kOutOfTime;
  if (!to_client_.empty()) return Outcome::kClientSlow;
  if (in_body_) return Outcome::kTruncated;
  return request_over_ || !to_upstream_.empty() ? Outcome::kUpstreamSlow : Outcome::kClientSlow;
}

// ---- request: client -> upstream ----

void Exchange::pump_request() {
  while (!request_over_ && outcome_ == Outcome::kPending) {
    if (!to_upstream_.empty()) {
      const IoResult result = to_upstream_.flush(*upstream_);
      sent_any_ = sent_any_ || result.size > 0;
      if (result.blocked()) return;
      // It may have answered before it stopped listening: that is the response.
      if (!result.done()) return request_is_over(false);
    }
    if (request_body_.done()) return request_is_over(true);
    if (request_body_.malformed()) {
      outcome_ = Outcome::kBadRequestBody;
      return;
    }
    if (input_.empty() && !read_client()) return;
    const std::string_view bytes{input_.data(), input_.size()};
    const auto piece = request_body_.take(input_.data(), input_.size());
    body_size_ += piece.content;
    if (body_is_too_large()) {
      outcome_ = Outcome::kBodyTooLarge;
      return;
    }
    to_upstream_.add_body(bytes.substr(0, piece.content), head_.framing, request_body_.done());
    input_.consume(piece.used);
  }
}

void Exchange::request_is_over(bool complete) {
  request_over_ = true;
  request_complete_ = complete;
  response_deadline_ = loop_.now() + service_->policy().response_timeout;
}

bool Exchange::read_client() {
  if (blocks_in_a_row_ >= kBlocksInARow) return false;
  const IoResult result = client_.read(input_.room());
  if (result.blocked()) return false;
  if (!result.done()) {
    outcome_ = Outcome::kClientGone;
    return false;
  }
  head_intact_ = false;
  input_.add(result.size);
  ++blocks_in_a_row_;
  return true;
}

// ---- response: upstream -> client ----

void Exchange::pump_response() {
  relay_response();
  client_.push();
}

void Exchange::relay_response() {
  while (outcome_ == Outcome::kPending) {
    if (!to_client_.empty()) {
      // Of a long body the kernel makes full packets, and wakes the client less often.
      const IoResult result =
          to_client_.flush(client_, may_read_upstream() ? Then::kMore : Then::kNothing);
      sent_to_client_ += result.size;
      if (result.blocked()) return;
      if (!result.done()) {
        outcome_ = Outcome::kClientGone;
        return;
      }
    }
    if (response_read_) {
      outcome_ = Outcome::kDone;
      return;
    }
    if (received_.empty()) {
      if (!read_upstream()) return;
    } else if (in_body_) {
      take_response_body();
    } else if (!take_response_head()) {
      if (outcome_ != Outcome::kPending || !read_upstream()) return;
    }
  }
}

bool Exchange::may_read_upstream() const {
  return !response_read_ && blocks_in_a_row_ < kBlocksInARow &&
         (upstream_->events() & (kReadable | kBroken)) != 0;
}

bool Exchange::read_upstream() {
  if (!may_read_upstream()) return false;
  if (received_.block() == nullptr && thread_.buffers().is_spent()) {
    outcome_ = Outcome::kOutOfMemory;
    return false;
  }
  received_.acquire();
  if (received_.room().empty()) received_.make_room();
  const IoResult result = upstream_->read(received_.room());
  if (result.blocked()) return false;
  if (!result.done()) {
    on_upstream_end(result);
    return outcome_ == Outcome::kPending && response_read_;
  }
  response_begun_ = true;
  received_.add(result.size);
  ++blocks_in_a_row_;
  return true;
}

void Exchange::on_upstream_end(const IoResult& result) {
  if (!in_body_) {
    outcome_ = response_begun_ ? Outcome::kBadResponse : Outcome::kClosedUnanswered;
    trouble_ = "the worker closed the connection in the midst of an answer's head";
    return;
  }
  if (result.kind == IoResult::Kind::kEnd) response_body_.end_of_input();
  if (!response_body_.done()) {
    outcome_ = Outcome::kTruncated;
    return;
  }
  to_client_.add_body({}, response_.to_client, true);
  response_is_read();
}

// False when its head is not complete yet.
bool Exchange::take_response_head() {
  const std::string_view bytes{received_.data(), received_.size()};
  // The request's head may still be on its way out of its own block.
  reply_.acquire();
  HeadWriter out(reply_.block(), kBlockSize);
  // It mostly comes in one piece. Of one that does not each byte is looked at once, until it is
  // whole: a worker that dribbles costs no more than another.
  response_ = {};
  if (!response_scan_.begun()) response_ = read_response_head(bytes, out);
  if (response_.size == 0 || response_.size > kHeadMax) {
    if (!response_head_ends(bytes)) return false;
    out = HeadWriter(reply_.block(), kBlockSize);
    response_ = read_response_head(bytes, out);
  }
  if (response_.refused) {
    outcome_ = Outcome::kBadResponse;
    trouble_ = response_.refusal;
    return false;
  }
  received_.consume(response_.size);
  response_scan_ = {};
  if (response_.interim) return take_interim(out.text());
  if (response_.switches && !request_complete_) {
    outcome_ = Outcome::kBadResponse;
    trouble_ = "the worker's answer cannot be passed on: it switches before the request was sent";
    return false;
  }
  heads_to_client_ += out.size();
  if (response_.switches) {
    to_client_.add(out.text());
    record_.status = response_.status;
    outcome_ = Outcome::kSwitched;
    return false;
  }
  in_body_ = told_client_ = true;
  record_.status = response_.status;
  response_body_ = BodyReader(response_.from_upstream, response_.length);
  const bool small =
      received_.size() <= kSmallBody && received_.size() + 64 < kBlockSize - out.size();
  if (small && !received_.empty() && response_.to_client == Framing::kLength) {
    const auto piece = response_body_.take(received_.data(), received_.size());
    out.put({received_.data(), piece.content});
    received_.consume(piece.used);
  }
  to_client_.add(out.text());
  if (response_body_.done()) {
    response_is_read();
  } else if (!received_.empty()) {
    take_response_body();  // one call, one segment, one client that is woken once
    if (outcome_ == Outcome::kTruncated) refuse_unsent_response();
  }
  return true;
}

bool Exchange::take_interim(std::string_view head) {
  if (!interims_) interims_.emplace(kInterims, loop_.now());
  if (!interims_->spend(loop_.now())) {
    outcome_ = Outcome::kBadResponse;
    trouble_ = "the worker sends interim answers (1xx) without end";
    return false;
  }
  // A 100 that was answered here is not said twice.
  const bool said = response_.status == 100 && said_continue_;
  if (head_.http_10 || said) return true;
  heads_to_client_ += head.size();
  to_client_.add(head);
  return true;
}

ResponseHead Exchange::read_response_head(std::string_view bytes, HeadWriter& out) const {
  const auto& changes = service_->policy().response;
  const bool early = !request_over_ || !request_complete_;
  return parse_response_head(bytes,
                             {.head_request = head_.is_head,
                              .http_10 = head_.http_10,
                              .close = head_.close || early || thread_.ends_connections(),
                              .date = thread_.date(),
                              .upgrade = head_.upgrade,
                              .held = held_for_,
                              .worker_start = endpoint_->start_time,
                              .changes = changes.empty() ? nullptr : &changes},
                             out);
}

// Whether it is whole. Ends the exchange with an outcome where it is not and never will be.
bool Exchange::response_head_ends(std::string_view bytes) {
  const auto found = response_scan_.scan(bytes);
  if (found == HeadScan::Found::kMore && bytes.size() < kHeadMax) return false;
  if (found == HeadScan::Found::kEnd && response_scan_.size() <= kHeadMax) return true;
  outcome_ = Outcome::kBadResponse;
  trouble_ = found == HeadScan::Found::kMalformed
                 ? "the worker's answer cannot be passed on: its head is malformed"
                 : "the worker's answer cannot be passed on: its head is too large";
  return false;
}

// What is wrong with its body came with its head: nothing of it has gone to the client.
void Exchange::refuse_unsent_response() {
  to_client_ = {};
  in_body_ = told_client_ = false;
  heads_to_client_ = 0;
  outcome_ = Outcome::kBadResponse;
  trouble_ = "the worker's answer cannot be passed on: its body is malformed";
}

void Exchange::take_response_body() {
  const std::string_view bytes{received_.data(), received_.size()};
  const auto piece = response_body_.take(received_.data(), received_.size());
  received_.consume(piece.used);
  if (response_body_.malformed()) {
    outcome_ = Outcome::kTruncated;
    return;
  }
  to_client_.add_body(bytes.substr(0, piece.content), response_.to_client, response_body_.done());
  if (response_body_.done()) response_is_read();
}

// The worker is free from here on, however slowly the client reads.
void Exchange::response_is_read() {
  response_read_ = true;
  if (!request_over_) request_is_over(false);
  const bool in_step = request_complete_ && received_.empty();
  const bool quiet = in_step && !(upstream_->events() & kReadable);
  if (quiet && response_.reusable && service_->tls().is_current(*upstream_)) {
    give_idle(loop_, *endpoint_, std::move(upstream_));
  }
  upstream_.reset();
  ++service_->traffic().completed_total;
  service_->traffic().durations.add(loop_.now() - arrived_);
  finish(response_.status >= 500 ? Finish::kAnsweredError : Finish::kCompleted);
}

}  // namespace foretide::balancer
