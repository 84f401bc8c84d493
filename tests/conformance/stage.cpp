#include "tests/conformance/stage.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace foretide::conformance {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error(host + " is no IPv4 address");
  }
  return address;
}

void send_each_write_at_once(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

}  // namespace

Connection::Connection(int fd) : fd_(fd) {
  send_each_write_at_once(fd_);
}

Connection::~Connection() {
  close(fd_);
}

void Connection::send(std::string_view bytes, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN) return;
    read_what_is_there();  // so that the other side is not stuck on us
    pollfd one{fd_, POLLOUT | POLLIN, 0};
    if (poll(&one, 1, milliseconds_until(deadline)) <= 0) return;
  }
}

void Connection::end_writing() {
  shutdown(fd_, SHUT_WR);
}

void Connection::reset_on_close() {
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Connection::read_what_is_there() {
  std::array<char, 65536> block;
  while (ended == Ended::kNot) {
    const auto size = recv(fd_, block.data(), block.size(), MSG_DONTWAIT);
    if (size > 0) {
      unread.append(block.data(), static_cast<std::size_t>(size));
    } else if (size == 0) {
      ended = Ended::kCleanly;
    } else if (errno == EAGAIN) {
      return;
    } else {
      ended = Ended::kByReset;
    }
  }
}

Stage::Stage(std::uint16_t upstream_port, std::chrono::milliseconds patience)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      patience_(patience) {
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = address_of("127.0.0.1", upstream_port);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 128) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(upstream_port) +
                             " as the upstream: " + std::strerror(errno));
  }
  upstream_port_ = ntohs(address.sin_port);
}

Stage::~Stage() {
  close(listener_);
}

void Stage::proxy_is(const std::string& host, std::uint16_t port) {
  address_of(host, port);
  host_ = host;
  port_ = port;
}

std::unique_ptr<Connection> Stage::connect_client() const {
  auto made = std::make_unique<Connection>(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = address_of(host_, port_);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (connect(made->fd(), generic, sizeof address) != 0) return nullptr;
  return made;
}

void Stage::look(Connection* client, std::chrono::milliseconds most) {
  std::vector<pollfd> watched{{listener_, POLLIN, 0}};
  const auto watch = [&](const Connection& connection) {
    if (connection.ended == Ended::kNot) watched.push_back({connection.fd(), POLLIN, 0});
  };
  if (client != nullptr) watch(*client);
  for (const auto& connection : upstream_) watch(*connection);
  poll(watched.data(), watched.size(), static_cast<int>(most.count()));
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) break;
    upstream_.push_back(std::make_unique<Connection>(fd));
  }
  if (client != nullptr) client->read_what_is_there();
  for (const auto& connection : upstream_) connection->read_what_is_there();
}

bool Stage::wait_until(Connection* client, const std::function<bool()>& done) {
  const auto deadline = Clock::now() + patience_;
  look(client, std::chrono::milliseconds(0));
  while (!done()) {
    const int left = milliseconds_until(deadline);
    if (left == 0) return false;
    look(client, std::chrono::milliseconds(left));
  }
  return true;
}

void Stage::clear_upstream() {
  std::size_t told = 0;
  wait_until(nullptr, [&] {
    for (; told < upstream_.size(); ++told) upstream_[told]->end_writing();
    return std::all_of(upstream_.begin(), upstream_.end(),
                       [](const auto& one) { return one->ended != Ended::kNot; });
  });
  upstream_.clear();
}

}  // namespace foretide::conformance
