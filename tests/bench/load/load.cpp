#include "tests/bench/load/load.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace foretide::bench {
namespace {

constexpr std::chrono::seconds kPatience{20};  // for answers that are still to come at the end
constexpr std::chrono::seconds kStuck{5};      // without one more held: there is no room for it
constexpr std::uint32_t kOpeningMax = 64;      // connections that `hold` opens at once

}  // namespace

Load::Load(const LoadPlan& plan) : plan_(plan), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (std::uint32_t i = 0; i < plan_.connections; ++i) {
    Target target = plan_.target;
    if (plan_.sources > 0) target.from = 2 + i % plan_.sources;
    clients_.push_back(std::make_unique<Client>(target, plan_.shape));
    idle_.push_back(plan_.connections - 1 - i);
  }
}

Load::~Load() {
  ::close(epoll_);
}

bool Load::may_begin() const {
  if (plan_.requests_max > 0) return begun_ < plan_.requests_max;
  return Clock::now() < end_;
}

void Load::run() {
  began_ = Clock::now();
  const auto length = std::chrono::duration<double>(plan_.seconds);
  end_ = began_ + std::chrono::duration_cast<Clock::duration>(length);
  for (auto now = began_; may_begin() || running_ > 0; now = Clock::now()) {
    if (may_begin()) {
      begin_due(now);
    } else if (plan_.requests_max == 0 && now > end_ + kPatience) {
      failed_ += running_;
      if (first_failure_.empty()) first_failure_ = "no answer in time";
      break;
    }
    await_events(end_);
  }
  took_seconds_ = std::chrono::duration<double>(Clock::now() - began_).count();
}

// Closed: whoever rests begins. Open: the requests that are due, as long as somebody rests; those
// that find nobody stay due.
void Load::begin_due(Clock::time_point now) {
  while (!idle_.empty() && may_begin()) {
    auto due = now;
    if (plan_.rate > 0) {
      const std::chrono::duration<double> since(static_cast<double>(begun_) / plan_.rate);
      due = began_ + std::chrono::duration_cast<Clock::duration>(since);
      if (due > now || due >= end_) return;
    }
    const std::uint32_t number = idle_.back();
    idle_.pop_back();
    begin(number, due);
  }
}

void Load::begin(std::uint32_t number, Clock::time_point due) {
  ++begun_;
  ++running_;
  Client& client = *clients_[number];
  client.begin(due);
  if (const auto fd = client.opened()) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u32 = number;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, *fd, &event);
  }
  if (client.is_over()) settle(number, Clock::now());
}

void Load::settle(std::uint32_t number, Clock::time_point now) {
  Client& client = *clients_[number];
  --running_;
  if (client.state() == Client::State::kSucceeded) {
    if (latencies_us_.empty()) tls_ = client.tls();
    latencies_us_.push_back(std::chrono::duration<float, std::micro>(now - client.due()).count());
  } else {
    ++failed_;
    if (first_failure_.empty()) first_failure_ = client.why();
  }
  client.rest();
  idle_.push_back(number);
}

void Load::await_events(Clock::time_point until) {
  auto wait = std::chrono::nanoseconds(std::chrono::milliseconds(100));
  if (plan_.rate > 0 && may_begin() && !idle_.empty()) {
    const std::chrono::duration<double> since(static_cast<double>(begun_) / plan_.rate);
    const auto due = began_ + std::chrono::duration_cast<Clock::duration>(since);
    wait = std::clamp<std::chrono::nanoseconds>(std::min(due, until) - Clock::now(),
                                                std::chrono::nanoseconds(0), wait);
  }
  const timespec at_most{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
  std::array<epoll_event, 256> events;
  const int count =
      ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &at_most, nullptr);
  for (int i = 0; i < count; ++i) {
    const std::uint32_t number = events[static_cast<std::size_t>(i)].data.u32;
    Client& client = *clients_[number];
    if (client.rests()) continue;
    client.advance();
    if (client.is_over()) settle(number, Clock::now());
  }
}

bool Load::hold() {
  end_ = Clock::time_point::max();
  idle_.clear();  // each is used once
  auto moved = Clock::now();
  while (begun_ < plan_.connections || running_ > 0) {
    while (begun_ < plan_.connections && running_ < kOpeningMax) {
      const auto number = static_cast<std::uint32_t>(begun_);
      begin(number, Clock::now());
    }
    const std::uint64_t before = running_;
    await_events(end_);
    if (running_ < before) moved = Clock::now();
    if (failed_ == 0 && Clock::now() < moved + kStuck) continue;
    if (first_failure_.empty()) first_failure_ = "the next ones got no answer";
    std::fprintf(stderr, "bench-load: held %zu of %u connections: %s\n", latencies_us_.size(),
                 plan_.connections, first_failure_.c_str());
    return false;
  }
  std::puts("holding");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  for (auto& client : clients_) lost_ += client->lost_at_rest() ? 1 : 0;
  return true;
}

std::string Load::json() {
  std::sort(latencies_us_.begin(), latencies_us_.end());
  const auto at = [&](double share) -> double {
    if (latencies_us_.empty()) return 0;
    const auto last = static_cast<double>(latencies_us_.size() - 1);
    return latencies_us_[static_cast<std::size_t>(share * last + 0.5)];
  };
  return nlohmann::json{{"requests", latencies_us_.size()},
                        {"failed", failed_},
                        {"first_failure", first_failure_},
                        {"seconds", took_seconds_},
                        {"lost", lost_},
                        {"tls", tls_},
                        {"p50_us", at(0.5)},
                        {"p99_us", at(0.99)},
                        {"p999_us", at(0.999)},
                        {"max_us", at(1)}}
      .dump();
}

}  // namespace foretide::bench
