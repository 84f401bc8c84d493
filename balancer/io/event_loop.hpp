// One thread's loop: it waits for sockets by edge-triggered epoll, keeps the timers, and runs what
// other threads post to it. Nothing of it is shared but the mailbox.
//
// A Source is told its events by a plain function. Before the first of a batch is told, each one
// can be asked for its own: an idle connection that a request is about to use may have said
// something in the same batch. Sources may be destroyed at any time on the loop's thread, also from
// within an event: what the present batch still holds for them is taken out.
//
// now() is read once for each batch of events, so it is free and at most a batch (under a
// millisecond) old.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include <sys/epoll.h>

#include "balancer/io/timer_wheel.hpp"
#include "common/time.hpp"

namespace foretide::balancer {

class Waiter;

class Source {
 public:
  using Ready = void (*)(Source&, std::uint32_t events);

  explicit Source(Ready ready) : ready_(ready) {}
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // What the present batch says of it and it was not told yet.
  std::uint32_t untold_events() const { return untold_events_; }

 private:
  friend class EventLoop;
  Ready ready_;
  std::uint32_t untold_events_ = 0;
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Until stop(). Called once, on the thread that owns everything that lives on this loop.
  void run();

  // These two from any thread. What is posted after the loop has ended is not run.
  void post(std::function<void()> call);
  void stop();

  Instant now() const { return now_; }
  // How often it has looked at its sockets: hardly ever while nothing happens.
  std::uint64_t turns() const { return turns_; }
  TimerWheel& timers() { return timers_; }

  // False, with errno, when the kernel has no room for it.
  [[nodiscard]] bool watch(int fd, Source& source, std::uint32_t events);
  void change(int fd, Source& source, std::uint32_t events);
  // For a descriptor whose file others have open too: closing it would not end the watch.
  void unwatch(int fd, const Source& source);
  // To be called when the descriptor is closed: the present batch forgets the source.
  void forget(const Source& source);

  // Resumed after the present batch of events, in order.
  void resume_later(Waiter& waiter) { woken_.push_back(&waiter); }

 private:
  void run_posted();
  void resume_woken();
  int wait_ms() const;

  int epoll_;
  int mailbox_event_;
  Source mailbox_source_;
  Instant now_;
  std::uint64_t turns_ = 0;
  TimerWheel timers_;
  std::vector<epoll_event> batch_;
  std::size_t batch_at_ = 0, batch_size_ = 0;
  std::vector<Waiter*> woken_, resuming_;
  std::mutex mailbox_mutex_;  // never on the request path
  std::vector<std::function<void()>> mailbox_;
  std::atomic<bool> stopping_{false};
};

}  // namespace foretide::balancer
