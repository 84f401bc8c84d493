// What an exchange has of the request's body before it is sent: taken from the bytes that came with
// the head, and read on while there is reason and room. Content lies together at `in_hand_`, in the
// block of the input behind the head; framing that stood in between is taken off.
#include <algorithm>
#include <cstring>

#include "balancer/io/exchange.hpp"

namespace foretide::balancer {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

void Exchange::take_in_hand() {
  if (!request_body_.done() && !input_.empty()) {
    char* const bytes = input_.data();
    const auto piece = request_body_.take(bytes, input_.size());
    if (in_hand_.empty()) {
      in_hand_ = {bytes, piece.content};
    } else {
      std::memmove(const_cast<char*>(in_hand_.data()) + in_hand_.size(), bytes, piece.content);
      in_hand_ = {in_hand_.data(), in_hand_.size() + piece.content};
    }
    body_size_ += piece.content;
    input_.consume(piece.used);
  }
  whole_in_hand_ = request_body_.done();
  if (request_body_.malformed()) outcome_ = Outcome::kBadRequestBody;
  if (body_is_too_large()) outcome_ = Outcome::kBodyTooLarge;
}

bool Exchange::body_is_too_large() const {
  const auto most = service_->policy().body_max_bytes;
  return most > 0 && body_size_ > most;
}

bool Exchange::wants_more_in_hand() const {
  return !request_body_.done() && outcome_ == Outcome::kPending && !input_.behind().empty();
}

void Exchange::read_in_hand() {
  while (wants_more_in_hand()) {
    const IoResult result = client_.read(input_.behind());
    if (result.blocked()) return;
    if (!result.done()) {
      outcome_ = Outcome::kClientGone;  // in the midst of its body
      return;
    }
    input_.add(result.size);
    take_in_hand();
  }
}

Task<> Exchange::look_ahead(std::size_t size) {
  const Instant deadline =
      std::min<Instant>(loop_.now() + service_->policy().idle_timeout, total_deadline_);
  Outgoing go_on;
  // Whoever waits to be asked for the body would wait for ever.
  if (wants_more_in_hand() && head_.expects_continue) {
    said_continue_ = true;
    go_on.add(kContinue);
  }
  for (;;) {
    const IoResult result = go_on.flush(client_);
    if (!result.done() && !result.blocked()) outcome_ = Outcome::kClientGone;
    read_in_hand();
    if (outcome_ != Outcome::kPending) co_return;
    const bool enough = !wants_more_in_hand() || in_hand_.size() >= size;
    if (enough && go_on.empty()) co_return;
    // What is not going to be read must not be waited for: it would be there for ever.
    const int readable = wants_more_in_hand() ? kReadable : kNothing;
    const int writable = go_on.empty() ? kNothing : kWritable;
    const Woke woke = co_await waiter_.sleep(
        deadline, {&client_, static_cast<std::uint8_t>(kBroken | readable | writable)});
    if (woke == Woke::kCancelled) outcome_ = Outcome::kCancelled;
    if (woke == Woke::kDeadline) outcome_ = Outcome::kClientSlow;
    if (outcome_ != Outcome::kPending || client_is_gone()) co_return;
  }
}

}  // namespace foretide::balancer
