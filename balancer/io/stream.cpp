#include "balancer/io/stream.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/check.hpp"

namespace foretide::balancer {
namespace {

constexpr std::uint32_t kEpollEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

// Without the C library's wrappers, which make each call a point where a thread could be cancelled:
// in a program with several threads that is two locked instructions a call, of which a request
// makes four.
ssize_t receive(int fd, std::span<char> into) {
  return ::syscall(SYS_recvfrom, fd, into.data(), into.size(), 0, nullptr, nullptr);
}
ssize_t transmit(int fd, const iovec& part, int flags) {
  return ::syscall(SYS_sendto, fd, part.iov_base, part.iov_len, flags, nullptr, 0);
}

IoResult failed(int error) {
  return {IoResult::Kind::kError, 0, error};
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// Endpoints carry literal addresses; names were resolved where the table was made.
SocketAddress socket_address_for(const Address& address) {
  SocketAddress result;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
  const char* host = address.host.c_str();
  if (::inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    result.size = sizeof *v4;
  } else if (::inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    result.size = sizeof *v6;
  }
  return result;
}

}  // namespace

Stream::Stream(EventLoop& loop) : Source(&Stream::ready), loop_(loop) {}

bool Stream::attach(int fd) {
  CHECK(fd_ < 0, "a stream is one connection");
  if (!loop_.watch(fd, *this, kEpollEvents)) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return false;
  }
  fd_ = fd;
  events_ = kWritable;
  return true;
}

IoResult Stream::connect(const Address& address) {
  const auto to = socket_address_for(address);
  if (to.size == 0) return failed(EHOSTUNREACH);
  const int fd =
      ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return failed(errno);
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const int outcome = ::connect(fd, reinterpret_cast<const sockaddr*>(&to.storage), to.size);
  if (outcome != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return failed(error);
  }
  if (!attach(fd)) return failed(errno);
  if (outcome == 0) return layer_ ? layer_->establish() : IoResult{};
  events_ = kNothing;
  connecting_ = true;
  return {IoResult::Kind::kBlocked};
}

IoResult Stream::establish() {
  if (connecting_) {
    if ((events_ & (kWritable | kBroken)) == 0) return {IoResult::Kind::kBlocked};
    connecting_ = false;
    const IoResult outcome = connect_outcome();
    if (!outcome.done()) return outcome;
  }
  return layer_ ? layer_->establish() : IoResult{};
}

IoResult Stream::connect_outcome() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error == 0 ? IoResult{} : failed(error);
}

void Stream::set_layer(std::unique_ptr<StreamLayer> layer) {
  layer_ = std::move(layer);
}

void Stream::close() {
  if (layer_) {
    layer_->close(StreamLayer::Close::kClean);
    layer_.reset();
  }
  events_ = kNothing;
  wanted_ = kNothing;
  connecting_ = false;
  unpushed_ = false;
  if (fd_ < 0) return;
  loop_.forget(*this);
  ::close(fd_);
  fd_ = -1;
}

void Stream::close_with_reset() {
  if (layer_) {
    layer_->close(StreamLayer::Close::kCut);
    layer_.reset();
  }
  if (fd_ >= 0) {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  close();
}

void Stream::end_writing() {
  if (layer_) layer_->end_writing();
  if (fd_ >= 0) ::shutdown(fd_, SHUT_WR);
}

void Stream::raise(std::uint8_t events) {
  events_ |= events;
  if (waiter_ != nullptr && (events_ & wanted_) != 0) waiter_->queue();
}

IoResult Stream::read(std::span<char> into) {
  if (layer_) [[unlikely]]
    return layer_->read(into);
  if ((events_ & (kReadable | kBroken)) == 0) return {IoResult::Kind::kBlocked};
  const auto size = receive(fd_, into);
  if (size > 0) {
    const auto read = static_cast<std::size_t>(size);
    if (read < into.size() && !peer_ended()) events_ &= static_cast<std::uint8_t>(~kReadable);
    return {IoResult::Kind::kDone, read};
  }
  if (size == 0) return {IoResult::Kind::kEnd};
  if (!would_block(errno)) return failed(errno);
  events_ &= static_cast<std::uint8_t>(~kReadable);
  return {IoResult::Kind::kBlocked};
}

IoResult Stream::write(std::span<const iovec> parts, Then then) {
  if (layer_) [[unlikely]]
    return layer_->write(parts);
  if ((events_ & (kWritable | kBroken)) == 0) return {IoResult::Kind::kBlocked};
  const int flags = then == Then::kMore ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
  unpushed_ = then == Then::kMore;
  ssize_t size = 0;
  if (parts.size() == 1) {
    size = transmit(fd_, parts[0], flags);
  } else {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());
    message.msg_iovlen = parts.size();
    size = ::sendmsg(fd_, &message, flags);
  }
  if (size >= 0) return {IoResult::Kind::kDone, static_cast<std::size_t>(size)};
  if (!would_block(errno)) return failed(errno);
  events_ &= static_cast<std::uint8_t>(~kWritable);
  return {IoResult::Kind::kBlocked};
}

void Stream::push() {
  if (!std::exchange(unpushed_, false)) return;
  const int one = 1;  // setting it again sends what waits: tcp(7)
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

bool Stream::has_input() {
  if (layer_) [[unlikely]]
    return layer_->has_input();
  char byte = 0;
  const auto size = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size >= 0 || !would_block(errno);
}

void Stream::ready(Source& source, std::uint32_t epoll_events) {
  auto& stream = static_cast<Stream&>(source);
  std::uint8_t events = kNothing;
  if (epoll_events & (EPOLLIN | EPOLLRDHUP)) events |= kReadable;
  if (epoll_events & EPOLLOUT) events |= kWritable;
  if (epoll_events & (EPOLLERR | EPOLLHUP)) events |= kBroken | kReadable | kWritable;
  if (stream.layer_) [[unlikely]]
    events = stream.layer_->on_socket(events);
  if (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) events |= kPeerEnded;
  stream.events_ |= events;
  if (stream.waiter_ == nullptr) {
    if (stream.unawaited_ != nullptr && (events & kReadable)) stream.unawaited_(stream);
  } else if (stream.events_ & stream.wanted_) {
    stream.waiter_->resume(Woke::kReady);
  }
}

Waiter::Waiter(EventLoop& loop)
    : loop_(loop),
      timer_([](void* owner) { static_cast<Waiter*>(owner)->resume(Woke::kDeadline); }, this) {}

bool Waiter::Sleep::await_ready() const {
  if (waiter_.cancelled_) return true;
  if (yields_) return false;
  if (waiter_.called_) return true;
  const auto is_ready = [](const Want& want) {
    return want.stream != nullptr && (want.stream->events_ & want.events) != 0;
  };
  return is_ready(first_) || is_ready(second_);
}

void Waiter::Sleep::await_suspend(std::coroutine_handle<> sleeper) {
  if (first_.stream != nullptr) first_.stream->wanted_ = first_.events;
  if (second_.stream != nullptr) second_.stream->wanted_ = second_.events;
  waiter_.sleeper_ = sleeper;
  if (yields_) return waiter_.queue();
  waiter_.loop_.timers().set(waiter_.timer_, deadline_);
}

Woke Waiter::Sleep::await_resume() {
  if (first_.stream != nullptr) first_.stream->wanted_ = kNothing;
  if (second_.stream != nullptr) second_.stream->wanted_ = kNothing;
  waiter_.timer_.clear();
  const Woke woke = std::exchange(waiter_.woke_, Woke::kReady);
  if (waiter_.cancelled_) return Woke::kCancelled;
  if (std::exchange(waiter_.called_, false)) return Woke::kCalled;
  return woke;
}

void Waiter::wake() {
  called_ = true;
  queue();
}

void Waiter::cancel() {
  cancelled_ = true;
  queue();
}

void Waiter::queue() {
  if (queued_ || !sleeper_) return;
  queued_ = true;
  loop_.resume_later(*this);
}

void Waiter::resume(Woke why) {
  if (queued_ || !sleeper_) return;
  woke_ = why;
  std::exchange(sleeper_, nullptr).resume();
}

void Waiter::resume_queued() {
  queued_ = false;
  CHECK(sleeper_, "who is queued to be woken sleeps until then");
  std::exchange(sleeper_, nullptr).resume();
}

}  // namespace foretide::balancer
