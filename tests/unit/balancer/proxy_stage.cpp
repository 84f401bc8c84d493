#include "tests/unit/balancer/proxy_stage.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "balancer/io/listening_sockets.hpp"

namespace foretide::balancer {
namespace {

constexpr int kMomentMs = 150;

int listen_on(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  EXPECT_EQ(::listen(fd, 128), 0);
  return fd;
}

bool ready(int fd, short events, int ms) {
  pollfd poll{fd, events, 0};
  return ::poll(&poll, 1, ms) == 1;
}

int patience_ms() {
  return static_cast<int>(std::chrono::milliseconds(kPatience).count());
}

}  // namespace

std::string Peer::receive_until(std::string_view end) {
  auto at = unread_.find(end);
  while (at == std::string::npos) {
    if (!fill()) return std::exchange(unread_, {});
    at = unread_.find(end);
  }
  std::string bytes = unread_.substr(0, at + end.size());
  unread_.erase(0, bytes.size());
  return bytes;
}

std::string Peer::receive(std::size_t size) {
  while (unread_.size() < size && fill()) {
  }
  std::string bytes = unread_.substr(0, size);
  unread_.erase(0, bytes.size());
  return bytes;
}

std::string Peer::receive_message() {
  std::string head = receive_until("\r\n\r\n");
  const auto at = head.find("Content-Length: ");
  if (at == std::string::npos) return head;
  return head + receive(std::stoul(head.substr(at + 16)));
}

RawSocket::RawSocket(int fd) : fd_(fd) {}
RawSocket::RawSocket(RawSocket&& other) noexcept
    : Peer(std::move(other)),
      fd_(std::exchange(other.fd_, -1)),
      was_reset_(other.was_reset_),
      patient_(other.patient_) {}

RawSocket& RawSocket::operator=(RawSocket&& other) noexcept {
  close();
  fd_ = std::exchange(other.fd_, -1);
  Peer::operator=(std::move(other));
  was_reset_ = other.was_reset_;
  patient_ = other.patient_;
  return *this;
}

RawSocket RawSocket::connected_to(const Address& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return RawSocket(fd);
}

void RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return;  // the other side has closed: what it says is what the test looks at
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::size_t RawSocket::send_until_blocked(std::size_t most, std::string_view again_and_again) {
  std::string block;
  while (block.size() < 64 * 1024) block += again_and_again;
  std::size_t total = 0;
  while (total < most && ready(fd_, POLLOUT, 3 * kMomentMs)) {
    const std::size_t at = total % block.size();
    const auto part = std::min(block.size() - at, most - total);
    const auto size = ::send(fd_, block.data() + at, part, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno != EAGAIN) break;  // the peer has had enough
    if (size > 0) total += static_cast<std::size_t>(size);
  }
  return total;
}

bool RawSocket::fill() {
  if (fd_ < 0) return false;
  if (!ready(fd_, POLLIN, patient_ ? -1 : patience_ms())) {
    ADD_FAILURE() << "nothing came; so far: " << unread_.substr(0, 300);
    return false;
  }
  char bytes[65536];
  const auto size = ::recv(fd_, bytes, sizeof bytes, 0);
  if (size < 0 && errno == ECONNRESET) was_reset_ = true;
  if (size <= 0) return false;
  unread_.append(bytes, static_cast<std::size_t>(size));
  return true;
}

std::string RawSocket::receive_all() {
  while (fill()) {
  }
  return std::exchange(unread_, {}) + (was_reset_ ? "(reset)" : "");
}

bool RawSocket::stays_silent() {
  return unread_.empty() && !ready(fd_, POLLIN, kMomentMs);
}

std::size_t RawSocket::bytes_waiting() const {
  int size = 0;
  EXPECT_EQ(::ioctl(fd_, FIONREAD, &size), 0);
  return static_cast<std::size_t>(size);
}

std::uint32_t RawSocket::segments() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  EXPECT_EQ(::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info.tcpi_data_segs_in;
}

void RawSocket::end_writing() {
  ::shutdown(fd_, SHUT_WR);
}

void RawSocket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void RawSocket::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

RawServer::RawServer(std::uint16_t port) : fd_(listen_on(port)), address_(bound_address(fd_)) {}
RawServer::~RawServer() {
  ::close(fd_);
}

RawSocket RawServer::accept() {
  if (!ready(fd_, POLLIN, patience_ms())) {
    ADD_FAILURE() << "nobody called";
    return RawSocket();
  }
  return RawSocket(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
}

RawSocket RawServer::accept_some_time() {
  ready(fd_, POLLIN, -1);
  RawSocket socket(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
  socket.wait_for_ever();
  return socket;
}

bool RawServer::nobody_calls() {
  return !ready(fd_, POLLIN, kMomentMs);
}

Address closed_address() {
  return RawServer().address();
}

// The kernel drops whoever calls once a listener's queue is full.
SilentAddress::SilentAddress() : fd_(listen_on(0)), address_(bound_address(fd_)) {
  EXPECT_EQ(::listen(fd_, 0), 0);
  for (bool full = false; !full;) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    socklen_t size = sizeof to;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&to), &size);
    ::connect(fd, reinterpret_cast<sockaddr*>(&to), size);
    waiting_.push_back(fd);
    full = !ready(fd, POLLOUT, kMomentMs);
  }
}

void SilentAddress::let_in() {
  EXPECT_EQ(::listen(fd_, 128), 0);
}

SilentAddress::~SilentAddress() {
  for (const int fd : waiting_) ::close(fd);
  ::close(fd_);
}

wire::Endpoint endpoint_at(const std::string& id, const Address& address,
                           wire::EndpointState state) {
  return {{id}, address, state};
}

Proxy::Proxy(TrafficThread::Settings settings, Routes routes) : thread_(std::move(settings)) {
  auto sockets = ListeningSockets::open({.address = {"127.0.0.1", 0}});
  EXPECT_TRUE(sockets) << sockets.error();
  address_ = sockets->bound();
  thread_.listen({.fd = sockets->share(0, 1).front()});
  running_ = std::thread([this] { thread_.run(); });
  if (routes == Routes::kAtOnce) route();
}

void Proxy::route() {
  wire::MatchTable matches;
  matches.stamp = {1, 1};
  matches.matches = {{{"web"}, "", "", "", ""}};
  on_thread([&](TrafficThread& thread) { return thread.apply(matches, {{{"web"}, share_}}); });
}

Proxy::~Proxy() {
  std::promise<void> empty;
  thread_.loop().post([&] {
    thread_.drain([&] { empty.set_value(); });
    thread_.cancel_sessions();
  });
  EXPECT_EQ(empty.get_future().wait_for(kPatience), std::future_status::ready);
  thread_.loop().stop();
  running_.join();
}

Address Proxy::listen_for_tls(std::shared_ptr<const TlsServer> tls) {
  auto sockets = ListeningSockets::open({.address = {"127.0.0.1", 0}});
  EXPECT_TRUE(sockets) << sockets.error();
  on_thread([&](TrafficThread& thread) {
    thread.set_tls(std::move(tls));
    thread.listen({.fd = sockets->share(0, 1).front(), .security = ListenPoint::Security::kTls});
    return true;
  });
  return sockets->bound();
}

Applied Proxy::apply(std::vector<wire::Endpoint> endpoints, const EndpointTls& tls) {
  wire::ServiceTable table;
  table.stamp = {1, ++revision_};
  table.service = {"web"};
  table.endpoints = std::move(endpoints);
  table.policy = policy;
  return on_thread([&](TrafficThread& thread) { return thread.apply(table, share_, {}, tls); });
}

wire::ServiceTraffic Proxy::traffic() {
  return on_thread([](TrafficThread& thread) { return thread.report().at(0); });
}

bool Proxy::wait_until(const std::function<bool(const wire::ServiceTraffic&)>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition(traffic())) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string get(std::string_view path, std::string_view fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nDate: d\r\n\r\n" + std::string(body);
}

}  // namespace foretide::balancer
