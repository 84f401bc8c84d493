// bench-worker: the cheapest HTTP/1.1 worker that still does what the benches ask of one, so that
// what they measure is the proxy before it. It believes its peer: it is never to face anything but
// a proxy of ours on loopback.
//
//     bench-worker [--ports N]      listens on N free ports of 127.0.0.1 (1), prints them, one
//                                   a line
//
//     GET  /          200 bytes at once
//     GET  /bytes/N   N bytes
//     POST, PUT       reads the body of Content-Length bytes, or in chunks, to its end, then
//                     200 bytes
//
// One thread, level-triggered, no memory for a body: what is sent repeats one block, what is read
// is dropped. SIGTERM ends it.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kSmall = 200;
constexpr std::string_view kLastChunk = "0\r\n\r\n";
const std::string kBlock(64 * 1024, 'x');

struct Connection {
  int fd = -1;
  bool listens = false;
  std::string head;               // of the request, as far as it came
  std::uint64_t body_left = 0;    // of the request, still to be read
  bool chunked = false;           // its end is a chunk of no size instead
  std::string tail;               // the last bytes of a chunked body: is it over?
  std::string answer;             // the head of the answer, and what of it is unwritten
  std::uint64_t answer_left = 0;  // bytes behind it
  bool waits_to_write = false;
  bool in_body = false;
};

std::uint64_t number_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  return at == std::string_view::npos ? 0
                                      : std::strtoull(text.data() + at + name.size(), nullptr, 10);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

class Worker {
 public:
  explicit Worker(int ports) : epoll_(::epoll_create1(0)) {
    for (int i = 0; i < ports; ++i) listen_on_a_port();
    std::fflush(stdout);
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        auto& connection = *static_cast<Connection*>(event.data.ptr);
        if (connection.listens) {
          accept_all(connection.fd);
        } else if (!serve(connection)) {
          ::close(connection.fd);
          delete &connection;
        }
      }
    }
  }

 private:
  void listen_on_a_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // the accepted inherit it
    if (::bind(fd, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(fd, 4096) != 0) {
      std::perror("bench-worker: cannot listen");
      std::exit(1);
    }
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    std::printf("%d\n", ntohs(at.sin_port));
    auto* listener = new Connection;
    listener->fd = fd;
    listener->listens = true;
    watch(*listener, EPOLL_CTL_ADD, EPOLLIN);
  }

  void watch(Connection& connection, int how, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, how, connection.fd, &event);
  }

  void accept_all(int listener) {
    for (;;) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      auto* connection = new Connection;
      connection->fd = fd;
      watch(*connection, EPOLL_CTL_ADD, EPOLLIN);
    }
  }

  // False when the connection is over.
  bool serve(Connection& connection) {
    if (connection.waits_to_write) return write_answer(connection);
    const auto got = ::recv(connection.fd, block_.data(), block_.size(), 0);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    return take(connection, {block_.data(), static_cast<std::size_t>(got)});
  }

  bool take(Connection& connection, std::string_view bytes) {
    if (!connection.in_body) {
      connection.head.append(bytes);
      const auto end = connection.head.find("\r\n\r\n");
      if (end == std::string::npos) return true;
      begin_request(connection, connection.head.substr(0, end + 4));
      const std::string rest = connection.head.substr(end + 4);
      connection.head.clear();
      return take_body(connection, rest);
    }
    return take_body(connection, bytes);
  }

  static void begin_request(Connection& connection, const std::string& head) {
    const std::string text = lower(head);
    connection.in_body = true;
    connection.chunked = text.find("\r\ntransfer-encoding: chunked") != std::string::npos;
    connection.body_left = number_behind(text, "\r\ncontent-length:");
    const std::string_view line = std::string_view(text).substr(0, text.find("\r\n"));
    const bool sized = line.find(" /bytes/") != std::string_view::npos;
    connection.answer_left = sized ? number_behind(line, " /bytes/") : kSmall;
    connection.answer =
        "HTTP/1.1 200 OK\r\nServer: bench-worker\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
        "Content-Type: text/plain\r\nContent-Length: " +
        std::to_string(connection.answer_left) + "\r\nConnection: keep-alive\r\n\r\n";
  }

  bool take_body(Connection& connection, std::string_view bytes) {
    if (connection.chunked) {
      const auto size = std::min<std::size_t>(bytes.size(), kLastChunk.size());
      connection.tail.append(bytes.substr(bytes.size() - size));
      const auto kept = std::min(connection.tail.size(), kLastChunk.size());
      connection.tail.erase(0, connection.tail.size() - kept);
      if (connection.tail != kLastChunk) return true;
      connection.tail.clear();
    } else if (connection.body_left > bytes.size()) {
      connection.body_left -= bytes.size();
      return true;
    }
    connection.body_left = 0;
    connection.in_body = false;
    const auto small = std::min<std::uint64_t>(connection.answer_left, kSmall);
    connection.answer.append(kBlock, 0, small);
    connection.answer_left -= small;
    return write_answer(connection);
  }

  bool write_answer(Connection& connection) {
    while (!connection.answer.empty() || connection.answer_left > 0) {
      const bool head = !connection.answer.empty();
      const std::string& from = head ? connection.answer : kBlock;
      const auto size =
          head ? from.size() : std::min<std::uint64_t>(connection.answer_left, from.size());
      const int more = head && connection.answer_left > 0 ? MSG_MORE : 0;
      const auto sent = ::send(connection.fd, from.data(), size, MSG_NOSIGNAL | more);
      if (sent < 0) {
        if (errno != EAGAIN) return false;
        if (!connection.waits_to_write) watch(connection, EPOLL_CTL_MOD, EPOLLOUT);
        connection.waits_to_write = true;
        return true;
      }
      if (head) {
        connection.answer.erase(0, static_cast<std::size_t>(sent));
      } else {
        connection.answer_left -= static_cast<std::uint64_t>(sent);
      }
    }
    if (connection.waits_to_write) watch(connection, EPOLL_CTL_MOD, EPOLLIN);
    connection.waits_to_write = false;
    return true;
  }

  int epoll_;
  std::vector<char> block_ = std::vector<char>(64 * 1024);
};

}  // namespace

int main(int argc, char** argv) {
  int ports = 1;
  if (argc == 3 && std::strcmp(argv[1], "--ports") == 0) {
    ports = std::atoi(argv[2]);
  } else if (argc != 1) {
    std::fprintf(stderr, "usage: bench-worker [--ports N]\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  Worker(ports).run();
}
