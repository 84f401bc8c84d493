#include "balancer/io/tls_layer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <openssl/err.h>
#include <sys/socket.h>

#include "common/check.hpp"

namespace foretide::balancer {
namespace {

constexpr std::size_t kRecordMax = 16 * 1024;  // RFC 8446 section 5.1
constexpr std::uint8_t kEitherWay = kReadable | kWritable;

TlsLayer& layer_of(BIO* bio) {
  return *static_cast<TlsLayer*>(BIO_get_data(bio));
}

// OpenSSL's view of the socket. Its own socket BIO would ask the kernel where epoll has answered.
const BIO_METHOD* socket_method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    CHECK(method != nullptr, "there is memory for one method at the start");
    BIO_meth_set_read(method, [](BIO* bio, char* into, int size) {
      return layer_of(bio).receive(bio, into, size);
    });
    BIO_meth_set_write(method, [](BIO* bio, const char* bytes, int size) {
      return layer_of(bio).send(bio, bytes, size);
    });
    BIO_meth_set_ctrl(method, [](BIO* bio, int what, long, void*) -> long {
      if (what == BIO_CTRL_EOF) return layer_of(bio).at_end() ? 1 : 0;
      return what == BIO_CTRL_FLUSH ? 1 : 0;
    });
    return method;
  }();
  return made;
}

// Pieces as one, up to a record. Where the first fills a record alone, nothing is copied.
std::span<const char> gathered(std::span<const iovec> parts) {
  thread_local std::array<char, kRecordMax> record;
  const auto& first = parts.front();
  if (parts.size() == 1 || first.iov_len >= kRecordMax) {
    return {static_cast<const char*>(first.iov_base), first.iov_len};
  }
  std::size_t size = 0;
  for (const auto& part : parts) {
    const auto taken = std::min(part.iov_len, kRecordMax - size);
    std::memcpy(record.data() + size, part.iov_base, taken);
    size += taken;
  }
  return {record.data(), size};
}

std::size_t total_of(std::span<const iovec> parts) {
  std::size_t total = 0;
  for (const auto& part : parts) total += part.iov_len;
  return total;
}

}  // namespace

TlsLayer::TlsLayer(Stream& stream, SslPtr ssl, std::shared_ptr<const void> keeper)
    : stream_(stream), ssl_(std::move(ssl)), keeper_(std::move(keeper)) {
  BIO* bio = BIO_new(socket_method());
  CHECK(bio != nullptr, "memory does not end in the midst of a connection");
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  socket_ |= stream_.events() & (kReadable | kBroken);  // told before it was put on
  stream_.lower(kEitherWay);
}

TlsLayer::~TlsLayer() = default;

// ---- the socket, for OpenSSL ----

int TlsLayer::receive(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  if (socket_ & (kReadable | kBroken)) {
    const auto received = ::recv(stream_.fd(), into, static_cast<std::size_t>(size), 0);
    if (received > 0) {
      if (received < size && !stream_.peer_ended())
        socket_ &= static_cast<std::uint8_t>(~kReadable);
      return static_cast<int>(received);
    }
    if (received == 0) {
      at_end_ = true;
      return 0;
    }
    if (!would_block(errno)) {
      socket_error_ = errno;
      return -1;
    }
    socket_ &= static_cast<std::uint8_t>(~kReadable);
  }
  BIO_set_retry_read(bio);
  return -1;
}

int TlsLayer::send(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  if (socket_ & (kWritable | kBroken)) {
    // Nobody waits for a session ticket of TLS 1.3: it goes with the first answer.
    const bool ticket = !established_ && SSL_get_state(ssl_.get()) == TLS_ST_SW_SESSION_TICKET;
    const int flags = ticket || more_follows_ ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
    const auto sent = ::send(stream_.fd(), bytes, static_cast<std::size_t>(size), flags);
    if (sent >= 0) return static_cast<int>(sent);
    if (!would_block(errno)) {
      socket_error_ = errno;
      return -1;
    }
    socket_ &= static_cast<std::uint8_t>(~kWritable);
  }
  BIO_set_retry_write(bio);
  return -1;
}

std::uint8_t TlsLayer::on_socket(std::uint8_t events) {
  socket_ |= events;
  std::uint8_t meant = events & kBroken;
  if (events & read_waits_for_) meant |= kReadable;
  if (events & write_waits_for_) meant |= kWritable;
  return meant;
}

// ---- the user ----

IoResult TlsLayer::establish() {
  if (established_) return {};
  if (failed_) return failed(EPROTO);
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  if (returned != 1) {
    const IoResult result = outcome(returned, read_waits_for_, kEitherWay);
    write_waits_for_ = read_waits_for_;
    return result.kind == IoResult::Kind::kEnd ? failed(ECONNRESET) : result;
  }
  established_ = true;
  read_waits_for_ = kReadable;
  write_waits_for_ = kWritable;
  stream_.raise(kWritable);
  if (has_bytes()) stream_.raise(kReadable);
  return {};
}

IoResult TlsLayer::read(std::span<char> into) {
  if ((stream_.events() & (kReadable | kBroken)) == 0) return {IoResult::Kind::kBlocked};
  if (failed_) return failed(EPROTO);
  ERR_clear_error();
  std::size_t size = 0;
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
  if (returned != 1) return outcome(returned, read_waits_for_, kReadable);
  read_waits_for_ = kReadable;
  if (!has_bytes()) stream_.lower(kReadable);
  return {IoResult::Kind::kDone, size};
}

IoResult TlsLayer::write(std::span<const iovec> parts) {
  if ((stream_.events() & (kWritable | kBroken)) == 0) return {IoResult::Kind::kBlocked};
  if (failed_) return failed(EPROTO);
  const auto bytes = gathered(parts);
  more_follows_ = parts.size() > 1 && total_of(parts) > bytes.size();
  ERR_clear_error();
  std::size_t size = 0;
  const int returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
  more_follows_ = false;
  mid_record_ = returned != 1;
  if (mid_record_) return outcome(returned, write_waits_for_, kWritable);
  write_waits_for_ = kWritable;
  return {IoResult::Kind::kDone, size};
}

bool TlsLayer::has_input() {
  if (failed_) return true;
  if (!has_bytes()) {
    char byte = 0;
    const auto size = ::recv(stream_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && would_block(errno)) return false;
    socket_ |= kReadable;
  }
  // Something came, which may be a session ticket and then says nothing to the user.
  ERR_clear_error();
  char byte = 0;
  std::size_t size = 0;
  const int returned = SSL_peek_ex(ssl_.get(), &byte, 1, &size);
  return returned == 1 || !outcome(returned, read_waits_for_, kReadable).blocked();
}

// What OpenSSL means by not having done it. `events` are what the stream is not ready for until the
// socket is what OpenSSL waits for.
IoResult TlsLayer::outcome(int returned, std::uint8_t& waits_for, std::uint8_t events) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      waits_for = kReadable;
      stream_.lower(events);
      return {IoResult::Kind::kBlocked};
    case SSL_ERROR_WANT_WRITE:
      waits_for = kWritable;
      stream_.lower(events);
      return {IoResult::Kind::kBlocked};
    case SSL_ERROR_ZERO_RETURN:
      return {IoResult::Kind::kEnd};
    default:
      return failed(socket_error_ != 0 ? socket_error_ : EPROTO);
  }
}

IoResult TlsLayer::failed(int error) {
  if (!std::exchange(failed_, true)) {
    met_plain_http_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    const long verified = SSL_get_verify_result(ssl_.get());
    if (!established_ && verified != X509_V_OK) {
      trouble_ = std::string("the certificate is not accepted: ") +
                 X509_verify_cert_error_string(verified);
      ERR_clear_error();
    } else if (socket_error_ != 0) {
      trouble_ = std::strerror(socket_error_);
      ERR_clear_error();
    } else {
      trouble_ = take_tls_error("the connection was closed");
    }
  }
  return {IoResult::Kind::kError, 0, error};
}

bool TlsLayer::has_bytes() const {
  return (socket_ & kReadable) != 0 || SSL_has_pending(ssl_.get()) == 1;
}

void TlsLayer::announce_end() {
  if (!established_ || failed_ || mid_record_ || std::exchange(end_announced_, true)) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

void TlsLayer::end_writing() {
  announce_end();
}

void TlsLayer::close(Close how) {
  if (how == Close::kClean) announce_end();
  // A cut connection's session is as good as another's: OpenSSL would have it forgotten.
  if (!failed_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

std::string_view TlsLayer::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsLayer::peer_subject() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate == nullptr ? "" : name_text(X509_get_subject_name(certificate));
}

}  // namespace foretide::balancer
