// TLS on a Stream: OpenSSL over the stream's own socket, with what epoll said of the socket
// remembered here as a Stream without a layer remembers it, so that neither reading nor writing
// costs a system call that cannot succeed.
//
// What readiness means. The user is told "readable" when the socket has bytes or OpenSSL holds
// some, decrypted or not; after a read that left neither the stream is known to be empty. Reading
// may have to wait until the socket can be written, and writing until it can be read (a key
// update): then that is what makes the stream ready. While the handshake is under way it is both or
// neither.
//
// One write is one record of up to 16 KiB, gathered from the pieces that are given, so that a small
// answer's head and body are encrypted once and sent by one call. A write that blocked is repeated
// with at least the same bytes. Buffers are OpenSSL's, held only while there is something in them:
// an idle connection costs the SSL object (about 10 KiB) and nothing else.
//
// An end that the peer did not announce (close_notify) is an error, never an end: it may be
// somebody else's cut. We announce ours, unless the connection is cut on purpose.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "balancer/io/stream.hpp"
#include "balancer/io/tls_pointers.hpp"

namespace foretide::balancer {

class TlsLayer : public StreamLayer {
 public:
  // `ssl` is set up to accept or to connect; `keeper` is what it needs as long as it lives.
  TlsLayer(Stream& stream, SslPtr ssl, std::shared_ptr<const void> keeper);
  ~TlsLayer() override;

  IoResult establish() override;
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> parts) override;
  bool has_input() override;
  void end_writing() override;
  void close(Close how) override;
  std::uint8_t on_socket(std::uint8_t events) override;

  bool established() const { return established_; }
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  // What both agreed to speak (ALPN); empty: nothing was said.
  std::string_view protocol() const;
  // Of the peer's certificate, as RFC 2253 writes it; empty without one.
  std::string peer_subject() const;
  // Why it could not be established, a sentence's end.
  const std::string& trouble() const { return trouble_; }
  // The peer began with an HTTP request in the clear.
  bool met_plain_http() const { return met_plain_http_; }
  SSL* ssl() const { return ssl_.get(); }

  // Of OpenSSL, for the socket.
  int receive(BIO* bio, char* into, int size);
  int send(BIO* bio, const char* bytes, int size);
  bool at_end() const { return at_end_; }

 private:
  IoResult outcome(int returned, std::uint8_t& waits_for, std::uint8_t events);
  IoResult failed(int error);
  bool has_bytes() const;
  void announce_end();

  Stream& stream_;
  SslPtr ssl_;
  std::shared_ptr<const void> keeper_;
  std::string trouble_;
  int socket_error_ = 0;
  // What the socket is ready for; bytes may have come before the layer did.
  std::uint8_t socket_ = kReadable | kWritable;
  std::uint8_t read_waits_for_ = kReadable, write_waits_for_ = kWritable;
  bool established_ = false;
  bool failed_ = false;        // OpenSSL must not be asked again
  bool mid_record_ = false;    // a record is partly written
  bool more_follows_ = false;  // the record that is written is not the last of its write
  bool end_announced_ = false;
  bool at_end_ = false;  // the socket's bytes are over
  bool met_plain_http_ = false;
};

}  // namespace foretide::balancer
