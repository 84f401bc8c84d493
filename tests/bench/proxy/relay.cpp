// The least that a proxy can cost: an edge-triggered epoll relay that knows nothing of HTTP. For
// every client it opens one connection to the upstream and copies bytes both ways until either side
// ends. What the balancer costs beyond this is what HTTP, routing, counting and checking cost.
//
//     bench-relay LISTEN_PORT UPSTREAM_PORT        both on 127.0.0.1; one thread
//
// One block of 64 KiB serves all connections; only what a slow side does not take is kept for it.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Pair;

struct Side {
  Pair* pair = nullptr;
  int fd = -1;
  bool ended = false;     // nothing more comes from it
  std::string unwritten;  // for it, what it did not take yet
};

struct Pair {
  Side client, upstream;
  bool closed = false;
  Side& other(const Side& side) { return &side == &client ? upstream : client; }
};

class Relay {
 public:
  Relay(std::uint16_t listen_port, std::uint16_t upstream_port)
      : epoll_(::epoll_create1(0)), upstream_(loopback(upstream_port)) {
    const sockaddr_in at = loopback(listen_port);
    const int one = 1;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // the accepted inherit it
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listener_, 4096) != 0) {
      std::perror("bench-relay: cannot listen");
      std::exit(1);
    }
    watch(listener_, nullptr, EPOLLIN);
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        auto* side = static_cast<Side*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (side == nullptr) {
          accept_all();
        } else if (!side->pair->closed) {
          move(*side, events[static_cast<std::size_t>(i)].events);
        }
      }
      for (Pair* pair : closed_) delete pair;
      closed_.clear();
    }
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void watch(int fd, Side* side, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = side;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (;;) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (client < 0) return;
      const int upstream = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      const int one = 1;
      ::setsockopt(upstream, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      ::connect(upstream, reinterpret_cast<const sockaddr*>(&upstream_), sizeof upstream_);
      auto* pair = new Pair;
      pair->client = {pair, client, false, {}};
      pair->upstream = {pair, upstream, false, {}};
      watch(client, &pair->client, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
      watch(upstream, &pair->upstream, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
  }

  void move(Side& side, std::uint32_t events) {
    Pair& pair = *side.pair;
    if ((events & EPOLLOUT) != 0 && !side.unwritten.empty()) {
      write_rest(side);
      if (!pair.closed && side.unwritten.empty()) copy(pair.other(side), side);
    }
    if (!pair.closed && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
      copy(side, pair.other(side));
    }
  }

  // Until `from` has no more or `to` takes no more; a short read says that there is no more.
  void copy(Side& from, Side& to) {
    while (to.unwritten.empty()) {
      const auto got = ::recv(from.fd, block_.data(), block_.size(), 0);
      if (got < 0) {
        if (errno != EAGAIN && errno != ENOTCONN) close(*from.pair);
        return;
      }
      if (got == 0) return end(from, to);
      const auto size = static_cast<std::size_t>(got);
      const auto sent = ::send(to.fd, block_.data(), size, MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != ENOTCONN) return close(*from.pair);
      const auto written = sent < 0 ? 0 : static_cast<std::size_t>(sent);
      if (written < size) to.unwritten.assign(block_.data() + written, size - written);
      if (size < block_.size()) return;
    }
  }

  void write_rest(Side& side) {
    const auto sent = ::send(side.fd, side.unwritten.data(), side.unwritten.size(), MSG_NOSIGNAL);
    if (sent > 0) side.unwritten.erase(0, static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) close(*side.pair);
  }

  void end(Side& from, Side& to) {
    from.ended = true;
    if (to.ended || to.unwritten.empty()) close(*from.pair);
  }

  void close(Pair& pair) {
    ::close(pair.client.fd);
    ::close(pair.upstream.fd);
    pair.closed = true;
    closed_.push_back(&pair);  // events of this turn may still name it
  }

  int epoll_, listener_ = -1;
  sockaddr_in upstream_;
  std::vector<char> block_ = std::vector<char>(64 * 1024);
  std::vector<Pair*> closed_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench-relay LISTEN_PORT UPSTREAM_PORT\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Relay(static_cast<std::uint16_t>(std::atoi(argv[1])),
        static_cast<std::uint16_t>(std::atoi(argv[2])))
      .run();
}
