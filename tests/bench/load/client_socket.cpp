#include "tests/bench/load/client_socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace foretide::bench {
namespace {

sockaddr_in loopback(std::uint32_t last_byte, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(0x7f000000 + last_byte);
  return address;
}

Moved moved_by(ssize_t result) {
  if (result > 0) return {Progress::kDone, static_cast<std::size_t>(result)};
  if (result == 0) return {Progress::kEnded};
  return {errno == EAGAIN ? Progress::kBlocked : Progress::kFailed};
}

}  // namespace

TlsContext client_tls_context() {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

bool ClientSocket::open(const Target& target) {
  close();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int one = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (target.from != 0) {
    // Ports are chosen per destination then, not from what is free for all.
    ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    const auto from = loopback(target.from, 0);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) return false;
  }
  const auto to = loopback(1, target.port);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 &&
      errno != EINPROGRESS) {
    return false;
  }
  if (target.tls != nullptr) {
    ssl_.reset(SSL_new(target.tls));
    SSL_set_fd(ssl_.get(), fd_);
    SSL_set_connect_state(ssl_.get());
  }
  return true;
}

Progress ClientSocket::establish() {
  if (!connected_) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      errno = error;
      return Progress::kFailed;
    }
    sockaddr_in peer{};
    size = sizeof peer;
    if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &size) != 0) {
      return Progress::kBlocked;
    }
    connected_ = true;
  }
  if (!ssl_ || shaken_) return Progress::kDone;
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return outcome_of(result);
  shaken_ = true;
  return Progress::kDone;
}

Moved ClientSocket::read(std::span<char> into) {
  if (!ssl_) return moved_by(::recv(fd_, into.data(), into.size(), 0));
  const int result = SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()));
  if (result > 0) return {Progress::kDone, static_cast<std::size_t>(result)};
  return {outcome_of(result)};
}

Moved ClientSocket::write(std::span<const char> from) {
  if (!ssl_) return moved_by(::send(fd_, from.data(), from.size(), MSG_NOSIGNAL));
  const int result = SSL_write(ssl_.get(), from.data(), static_cast<int>(from.size()));
  if (result > 0) return {Progress::kDone, static_cast<std::size_t>(result)};
  return {outcome_of(result)};
}

Progress ClientSocket::outcome_of(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Progress::kBlocked;
  return error == SSL_ERROR_ZERO_RETURN ? Progress::kEnded : Progress::kFailed;
}

std::string ClientSocket::tls() const {
  if (!ssl_ || !shaken_) return {};
  return std::string(SSL_get_version(ssl_.get())) + " " + SSL_get_cipher_name(ssl_.get());
}

void ClientSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  ssl_.reset();
  connected_ = shaken_ = false;
}

}  // namespace foretide::bench
