#include "balancer/io/listener.hpp"

#include <cerrno>
#include <system_error>

#include <sys/socket.h>
#include <unistd.h>

#include "balancer/io/proxy_session.hpp"
#include "balancer/io/traffic_thread.hpp"

namespace foretide::balancer {
namespace {

constexpr int kAcceptsInARow = 64, kAcceptsAtTheEnd = 4096;
constexpr std::chrono::milliseconds kPause{50};

}  // namespace

Listener::Listener(TrafficThread& thread, const Settings& settings)
    : Source([](Source& source, std::uint32_t) { static_cast<Listener&>(source).accept_some(); }),
      thread_(thread),
      settings_(settings),
      timer_([](void* owner) { static_cast<Listener*>(owner)->resume(); }, this) {
  if (!watch()) {
    throw std::system_error(errno, std::generic_category(), "cannot watch a listening socket");
  }
}

// To close it is not enough: the socket lives on in other threads or in another process, and the
// kernel would go on telling of it.
Listener::~Listener() {
  if (!paused_) thread_.loop().unwatch(settings_.fd, *this);
  ::close(settings_.fd);
}

bool Listener::watch() {
  std::uint32_t events = EPOLLIN;
  if (settings_.sockets == Sockets::kShared) events |= EPOLLEXCLUSIVE;
  return thread_.loop().watch(settings_.fd, *this, events);
}

Listener::Accepted Listener::accept_one() {
  for (;;) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(settings_.fd, reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      const bool begun = ProxySession::begin(thread_, {fd, from, settings_.security});
      return begun ? Accepted::kOne : Accepted::kFailed;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    const bool is_empty = errno == EAGAIN || errno == EWOULDBLOCK;
    return is_empty ? Accepted::kNone : Accepted::kFailed;  // no descriptors, no memory
  }
}

void Listener::accept_some() {
  // Of a shared socket only one at a time, or the first thread to wake takes a whole crowd.
  const int most = settings_.sockets == Sockets::kShared ? 1 : kAcceptsInARow;
  for (int i = 0; i < most; ++i) {
    if (thread_.is_full()) {
      // Only at the beginning is it certain that somebody waits. Who was closed for that one has
      // left by the next turn.
      if (i > 0 || thread_.make_room()) return;
      return pause(kPause);
    }
    const Accepted accepted = accept_one();
    if (accepted == Accepted::kFailed) return pause(kPause);
    if (accepted == Accepted::kNone) return;
  }
}

void Listener::accept_rest() {
  for (int i = 0; i < kAcceptsAtTheEnd && !thread_.is_full(); ++i) {
    if (accept_one() != Accepted::kOne) return;
  }
}

void Listener::pause(Duration time) {
  if (!paused_) thread_.loop().unwatch(settings_.fd, *this);
  paused_ = true;
  thread_.loop().timers().set(timer_, thread_.loop().now() + time);
}

void Listener::resume() {
  if (!paused_) return;
  paused_ = !watch();
  if (paused_) pause(kPause);
}

}  // namespace foretide::balancer
