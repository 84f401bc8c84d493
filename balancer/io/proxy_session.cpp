#include "balancer/io/proxy_session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "balancer/http/answer.hpp"
#include "balancer/io/front.hpp"
#include "balancer/io/traffic_thread.hpp"
#include "common/io/clock.hpp"

namespace foretide::balancer {
namespace {

constexpr std::chrono::seconds kIdleTimeDraining{1}, kDrainTime{2};
constexpr std::size_t kDrainMax = 1024 * 1024;
constexpr std::uint32_t kExchangesInARow = 32;  // then others have a turn
constexpr std::size_t kEmptyLinesMax = 1024;    // bytes of them before a head

}  // namespace

bool ProxySession::begin(TrafficThread& thread, const Accepted& accepted) {
  std::unique_ptr<ProxySession> session(new ProxySession(thread, accepted));
  if (!session->client_.attach(accepted.fd)) return false;
  spawn(live(session.release()), "a client's session");
  return true;
}

ProxySession::ProxySession(TrafficThread& thread, const Accepted& accepted)
    : thread_(thread),
      client_(thread.loop()),
      waiter_(thread.loop()),
      input_(thread.buffers()),
      security_(accepted.security),
      address_(accepted.from),
      client_side_{.address = address_.text(), .ip = address_.ip()} {
  client_.set_waiter(&waiter_);
  thread_.joined(*this);
}

ProxySession::~ProxySession() {
  if (counted_) thread_.front().counts->leave(*address_.ip());
  thread_.left(*this);
}

Task<> ProxySession::live(ProxySession* session) {
  const std::unique_ptr<ProxySession> owner(session);
  co_await session->serve();
}

Task<> ProxySession::serve() {
  if (!is_met_plainly()) {
    const bool met = co_await meet();
    if (!met) co_return;
    if (agreed_on_http2()) co_return co_await serve_http2();
  }
  idle_since_ = thread_.loop().now();
  for (;;) {
    const HeadRead read = read_head();
    if (read == HeadRead::kMore) {
      if (input_.empty()) input_.release();
      idle_ = input_.empty();
      const Woke woke = co_await waiter_.sleep(head_deadline(), {&client_, kReadable | kBroken});
      idle_ = false;
      if (woke == Woke::kCancelled || (client_.events() & kBroken)) co_return;
      if (woke != Woke::kDeadline) continue;
      if (!input_.empty()) co_await refuse(408, "the request's head did not come in time");
      co_return;
    }
    if (read == HeadRead::kEnd) co_return;
    if (read == HeadRead::kMalformed) {
      co_return co_await refuse(400, "the request head is malformed");
    }
    if (read == HeadRead::kTooLarge) {
      const std::string_view bytes{input_.data(), input_.size()};
      const bool in_line = bytes.find("\r\n") == std::string_view::npos;
      co_return co_await refuse(in_line ? 414 : 431, "the request head is too large");
    }
    if (begins_http2()) co_return co_await serve_http2();
    scan_ = {};
    may_be_http2_ = false;
    head_since_ = {};
    empty_lines_size_ = 0;
    After after = After::kDrop;
    {
      Exchange exchange(thread_, client_, waiter_, input_, client_side_);
      after = co_await exchange.run();
    }
    if (after == After::kReset) client_.close_with_reset();
    const bool has_input = !input_.empty() || (client_.events() & kReadable) != 0;
    const bool lingers = after == After::kLinger || (after == After::kClose && has_input);
    if (lingers) co_await drain_input();
    if (after != After::kNext || waiter_.cancelled()) co_return;
    // Every look at the sockets sets the clock: it stood still where an answer took no wait.
    const bool waited = idle_since_ != thread_.loop().now();
    idle_since_ = thread_.loop().now();
    exchanges_in_a_row_ = waited ? 0 : exchanges_in_a_row_ + 1;
    if (exchanges_in_a_row_ < kExchangesInARow) continue;
    exchanges_in_a_row_ = 0;
    const Woke woke = co_await waiter_.yield();
    if (woke == Woke::kCancelled) co_return;
  }
}

ProxySession::HeadRead ProxySession::read_head() {
  for (;;) {
    skip_empty_lines();
    if (empty_lines_size_ > kEmptyLinesMax) return HeadRead::kMalformed;
    if (!input_.empty()) {
      const std::string_view bytes{input_.data(), input_.size()};
      if (holds_whole_head(bytes) && bytes.size() <= kHeadMax) return HeadRead::kComplete;
      const auto found = scan_.scan(bytes);
      if (found == HeadScan::Found::kMalformed) return HeadRead::kMalformed;
      const bool ended = found == HeadScan::Found::kEnd;
      if (ended && scan_.size() <= kHeadMax) return HeadRead::kComplete;
      if (ended || input_.size() > kHeadMax) return HeadRead::kTooLarge;
      if (head_since_ == Instant{}) head_since_ = thread_.loop().now();
    }
    if ((client_.events() & (kReadable | kBroken)) == 0) return HeadRead::kMore;
    input_.acquire();
    if (input_.room().size() < kHeadMax) input_.make_room();
    const IoResult result = client_.read(input_.room());
    if (result.blocked()) return HeadRead::kMore;
    if (!result.done()) return HeadRead::kEnd;
    input_.add(result.size);
  }
}

void ProxySession::skip_empty_lines() {
  const bool in_head = scan_.size() > 0;
  if (input_.empty() || in_head) return;
  const auto size = empty_lines_before({input_.data(), input_.size()});
  if (size == 0) return;
  input_.consume(size);
  empty_lines_size_ += size;
  scan_ = {};
  head_since_ = {};
}

Instant ProxySession::head_deadline() {
  if (!input_.empty()) return head_since_ + thread_.front().head_timeout;
  const Instant idle_until = idle_since_ + thread_.front().idle_timeout;
  if (!thread_.ends_connections()) return idle_until;
  return std::min<Instant>(idle_until, thread_.loop().now() + kIdleTimeDraining);
}

Task<> ProxySession::refuse(int status, std::string_view reason) {
  ++thread_.counts().refused_requests_total;
  std::array<char, 1024> memory;
  HeadWriter out(memory.data(), memory.size());
  Answer answer;
  answer.status = status;
  answer.reason = reason;
  answer.date = thread_.date();
  answer.close = true;
  write_answer(answer, out);
  const iovec part{out.data(), out.size()};
  if (AccessLog* log = thread_.front().access_log) {
    AccessRecord record;
    record.began = wall_now();
    record.client = client_side_.address;
    record.scheme = client_side_.scheme;
    record.status = status;
    record.bytes = out.size() - (out.text().find("\r\n\r\n") + 4);
    log->ring(thread_.number()).put(record);
  }
  // It fits the socket's buffer, or the client does not listen.
  if (client_.write({&part, 1}).done()) co_await drain_input();
}

Task<> ProxySession::drain_input() {
  client_.end_writing();
  const Instant deadline = thread_.loop().now() + kDrainTime;
  input_.acquire();
  for (std::size_t total = 0; total < kDrainMax;) {
    input_.consume(input_.size());
    const IoResult result = client_.read(input_.room());
    if (result.done()) {
      total += result.size;
    } else if (!result.blocked()) {
      co_return;
    } else {
      const Woke woke = co_await waiter_.sleep(deadline, {&client_, kReadable | kBroken});
      if (woke == Woke::kDeadline || woke == Woke::kCancelled) co_return;
    }
  }
}

}  // namespace foretide::balancer
