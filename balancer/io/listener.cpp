#include "balancer/io/listener.hpp"

#include <cerrno>
#include <cstring>
#include <iterator>
#include <system_error>

#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include "balancer/io/proxy_session.hpp"
#include "balancer/io/stream_layer.hpp"
#include "balancer/io/traffic_thread.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer {
namespace {

constexpr int kAcceptsInARow = 64, kAcceptsAtTheEnd = 4096;
constexpr std::chrono::milliseconds kPause{50};

// Undoes ignore_new(), whose effect is on the socket, whoever holds it; nothing where there is
// none.
void hear_new(int fd) {
  const int unused = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
}

}  // namespace

Listener::Listener(TrafficThread& thread, const Settings& settings)
    : Source([](Source& source, std::uint32_t) { static_cast<Listener&>(source).accept_some(); }),
      thread_(thread),
      settings_(settings),
      timer_([](void* owner) { static_cast<Listener*>(owner)->resume(); }, this) {
  hear_new(settings_.fd);  // who had the socket before may have been killed while it was quiet
  if (!watch()) {
    throw std::system_error(errno, std::generic_category(), "cannot watch a listening socket");
  }
}

// To close it is not enough: the socket lives on in other threads or in another process, and the
// kernel would go on telling of it.
Listener::~Listener() {
  if (!paused_) thread_.loop().unwatch(settings_.fd, *this);
  if (ignores_new_) hear_new(settings_.fd);
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
    const bool is_empty = would_block(errno);
    return is_empty ? Accepted::kNone : Accepted::kFailed;  // no descriptors, no memory
  }
}

void Listener::accept_some() {
  // Of a shared socket only one at a time, or the first thread to wake takes a whole crowd.
  const int most = settings_.sockets == Sockets::kShared ? 1 : kAcceptsInARow;
  for (int i = 0; i < most; ++i) {
    // Whom one would close for it holds no memory.
    if (thread_.buffers().is_spent()) return pause(kPause);
    if (thread_.is_full()) {
      // Only at the beginning is it certain that somebody waits. Who was closed for that one has
      // left by the next turn.
      if (i > 0 || thread_.make_room()) return;
      return pause(kPause);
    }
    const Accepted accepted = accept_one();
    if (accepted == Accepted::kFailed) {
      // What is kept for later requests gives its descriptor to a client that is there now.
      if (thread_.upstreams().close_longest_idle()) continue;
      return pause(kPause);
    }
    if (accepted == Accepted::kNone) return;
  }
}

void Listener::accept_rest() {
  for (int i = 0; i < kAcceptsAtTheEnd && !thread_.is_full(); ++i) {
    if (accept_one() != Accepted::kOne) return;
  }
}

// A filter of a socket sees the segment from its TCP header on, where byte 13 has the flags. A
// listening socket's sees SYNs and the ACKs that end handshakes, so it tells the two apart. What is
// accepted later inherits it, and has no use for another SYN. Classic filters need no privilege.
void Listener::ignore_new() {
  constexpr std::uint32_t kFlagsAt = 13, kSyn = 0x02, kAck = 0x10, kAll = 0xffffffff;
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsAt),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kSyn | kAck),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSyn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, kAll),
  };
  const sock_fprog program{.len = std::size(code), .filter = code};
  ignores_new_ =
      ::setsockopt(settings_.fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
  if (!ignores_new_) {
    spdlog::warn("new clients are served until the end: SO_ATTACH_FILTER: {}",
                 std::strerror(errno));
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
