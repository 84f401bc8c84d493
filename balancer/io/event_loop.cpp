#include "balancer/io/event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include "balancer/io/stream.hpp"
#include "common/check.hpp"
#include "common/io/clock.hpp"

namespace foretide::balancer {
namespace {

constexpr std::size_t kBatch = 256;

}  // namespace

EventLoop::EventLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      mailbox_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      mailbox_source_([](Source&, std::uint32_t) {}),
      now_(monotonic_now()),
      timers_(now_),
      batch_(kBatch) {
  if (epoll_ < 0 || mailbox_event_ < 0 || !watch(mailbox_event_, mailbox_source_, EPOLLIN)) {
    throw std::system_error(errno, std::generic_category(), "cannot set up an event loop");
  }
}

EventLoop::~EventLoop() {
  ::close(mailbox_event_);
  ::close(epoll_);
}

void EventLoop::run() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    const int count =
        ::epoll_wait(epoll_, batch_.data(), static_cast<int>(batch_.size()), wait_ms());
    now_ = monotonic_now();
    ++turns_;
    CHECK(count >= 0 || errno == EINTR, "waiting on an epoll of our own cannot fail");
    batch_size_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    for (std::size_t i = 0; i < batch_size_; ++i) {
      static_cast<Source*>(batch_[i].data.ptr)->untold_events_ = batch_[i].events;
    }
    for (batch_at_ = 0; batch_at_ < batch_size_; ++batch_at_) {
      auto* source = static_cast<Source*>(batch_[batch_at_].data.ptr);
      if (source == nullptr) continue;
      if (source == &mailbox_source_) {
        run_posted();
      } else {
        source->ready_(*source, std::exchange(source->untold_events_, 0));
      }
    }
    batch_size_ = 0;
    timers_.advance(now_);
    resume_woken();
  }
}

int EventLoop::wait_ms() const {
  if (!woken_.empty()) return 0;
  const auto idle = timers_.idle_for(now_);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(idle).count());
}

void EventLoop::resume_woken() {
  // What wakes meanwhile has its turn after the next look at the sockets.
  resuming_.swap(woken_);
  for (Waiter* waiter : resuming_) waiter->resume_queued();
  resuming_.clear();
}

void EventLoop::post(std::function<void()> call) {
  {
    const std::lock_guard lock(mailbox_mutex_);
    mailbox_.push_back(std::move(call));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(mailbox_event_, &one, sizeof one);
}

void EventLoop::stop() {
  post([this] { stopping_ = true; });
}

void EventLoop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto size = ::read(mailbox_event_, &count, sizeof count);
  std::vector<std::function<void()>> calls;
  {
    const std::lock_guard lock(mailbox_mutex_);
    calls.swap(mailbox_);
  }
  for (auto& call : calls) call();
}

bool EventLoop::watch(int fd, Source& source, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void EventLoop::change(int fd, Source& source, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::unwatch(int fd, const Source& source) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  forget(source);
}

void EventLoop::forget(const Source& source) {
  for (std::size_t i = batch_at_; i < batch_size_; ++i) {
    if (batch_[i].data.ptr == &source) batch_[i].data.ptr = nullptr;
  }
}

}  // namespace foretide::balancer
