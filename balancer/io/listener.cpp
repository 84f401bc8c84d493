#include "balancer/io/listener.hpp"

#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <system_error>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "balancer/io/proxy_session.hpp"
#include "balancer/io/resolve.hpp"
#include "balancer/io/traffic_thread.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsInARow = 64;
constexpr std::chrono::milliseconds kPause{50};

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const char* host = address.host.empty() ? nullptr : address.host.c_str();
  const int code = ::getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &list);
  if (code != 0) {
    return Error{"cannot listen on " + address.text() + ": " + ::gai_strerror(code)};
  }
  return Addresses(list);
}

Result<int> open_one(const addrinfo& at, const Address& address, bool share_port) {
  const auto failed = [&](int fd) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return Error{"cannot listen on " + address.text() + ": " + std::strerror(error)};
  };
  const int fd = ::socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return failed(fd);
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  // Inherited by the accepted, which saves a call for each.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (share_port) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (::bind(fd, at.ai_addr, at.ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) return failed(fd);
  return fd;
}

}  // namespace

Result<std::vector<int>> open_listeners(const Address& address, std::uint32_t threads) {
  auto addresses = resolve(address);
  if (!addresses) return Error{addresses.error()};
  // Without sharing first: with it alone a second balancer would silently take half of the traffic.
  const addrinfo& preferred = *preferred_in(addresses->get());
  auto first = open_one(preferred, address, false);
  if (!first) return Error{first.error()};
  if (threads == 1) return std::vector<int>{*first};

  addrinfo at = preferred;
  sockaddr_storage exact{};  // port 0 was given: all share the one that was found
  at.ai_addrlen = sizeof exact;
  ::getsockname(*first, reinterpret_cast<sockaddr*>(&exact), &at.ai_addrlen);
  at.ai_addr = reinterpret_cast<sockaddr*>(&exact);
  ::close(*first);
  std::vector<int> sockets;
  for (std::uint32_t i = 0; i < threads; ++i) {
    auto socket = open_one(at, address, true);
    if (!socket) {
      for (const int fd : sockets) ::close(fd);
      return Error{socket.error()};
    }
    sockets.push_back(*socket);
  }
  return sockets;
}

Address bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  char host[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    return {host, ntohs(v6.sin6_port)};
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
  ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
  return {host, ntohs(v4.sin_port)};
}

Listener::Listener(TrafficThread& thread, int fd, ListenPoint::Security security)
    : Source([](Source& source, std::uint32_t) { static_cast<Listener&>(source).accept_some(); }),
      thread_(thread),
      fd_(fd),
      security_(security),
      timer_([](void* owner) { static_cast<Listener*>(owner)->resume(); }, this) {
  if (!thread_.loop().watch(fd_, *this, EPOLLIN)) {
    throw std::system_error(errno, std::generic_category(), "cannot watch a listening socket");
  }
}

Listener::~Listener() {
  thread_.loop().forget(*this);
  // Somebody else may hold the socket too (who activated it by socket), and would be deaf.
  const int unused = 0;
  if (ignores_new_) ::setsockopt(fd_, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
  ::close(fd_);
}

Listener::Accepted Listener::accept_one() {
  for (;;) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd =
        ::accept4(fd_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      const bool begun = ProxySession::begin(thread_, {fd, from, security_});
      return begun ? Accepted::kOne : Accepted::kFailed;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    const bool is_empty = errno == EAGAIN || errno == EWOULDBLOCK;
    return is_empty ? Accepted::kNone : Accepted::kFailed;  // no descriptors, no memory
  }
}

void Listener::accept_some() {
  for (int i = 0; i < kAcceptsInARow; ++i) {
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
  for (int i = 0; i < kBacklog && !thread_.is_full(); ++i) {
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
  ignores_new_ = ::setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
  if (!ignores_new_) {
    spdlog::warn("new clients are served until the end: SO_ATTACH_FILTER: {}",
                 std::strerror(errno));
  }
}

void Listener::pause(Duration time) {
  if (!paused_) thread_.loop().change(fd_, *this, 0);
  paused_ = true;
  thread_.loop().timers().set(timer_, thread_.loop().now() + time);
}

void Listener::resume() {
  if (!paused_) return;
  paused_ = false;
  thread_.loop().change(fd_, *this, EPOLLIN);
}

}  // namespace foretide::balancer
