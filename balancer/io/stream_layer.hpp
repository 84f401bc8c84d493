// What may stand between a Stream's user and a socket: TLS, or a stream of an HTTP/2 connection,
// which has no socket of its own.
//
// A Stream without a layer, the common case, pays one predictable branch for the possibility. With
// one, everything the user asks goes to the layer, and what epoll says of the socket goes through
// it, because the two differ: a TLS record may have come of which not one byte can be read yet, and
// decrypted bytes may wait of which epoll says nothing. The layer keeps the Stream's events true by
// `raise` and `lower`.
//
// Its Stream owns it and outlives it. On the loop's thread.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/uio.h>

namespace foretide::balancer {

struct IoResult {
  enum class Kind : std::uint8_t { kDone, kBlocked, kEnd, kError };
  Kind kind = Kind::kDone;
  std::size_t size = 0;  // kDone
  int error = 0;         // kError

  bool done() const { return kind == Kind::kDone; }
  bool blocked() const { return kind == Kind::kBlocked; }
};

// Whether a system call did nothing because it would have had to wait.
inline bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

class StreamLayer {
 public:
  // How a connection is closed: as one that said all it had to say, or so that the peer sees that
  // it was cut.
  enum class Close : std::uint8_t { kClean, kCut };

  StreamLayer() = default;
  StreamLayer(const StreamLayer&) = delete;
  StreamLayer& operator=(const StreamLayer&) = delete;
  virtual ~StreamLayer() = default;

  // Goes on with what both ends have to agree on before bytes can flow; kBlocked: again once the
  // stream is readable or writable.
  virtual IoResult establish() = 0;
  virtual IoResult read(std::span<char> into) = 0;
  virtual IoResult write(std::span<const iovec> parts) = 0;
  virtual bool has_input() = 0;
  // Tells the peer that nothing more is written.
  virtual void end_writing() = 0;
  // Before the socket is closed.
  virtual void close(Close how) = 0;
  // Epoll told this of the socket (StreamEvents); returns what it means for the Stream's user.
  virtual std::uint8_t on_socket(std::uint8_t events) = 0;
};

}  // namespace foretide::balancer
