// One client connection, from accept to close: reads request heads, runs an exchange for each, one
// after the other in the order in which they came, and decides how the connection ends.
//
// Limits: a head has `head_timeout` from its first byte (empty lines before it are none of it), a
// connection may be idle for `idle_timeout` between requests; a head is at most 15 KiB. While it
// waits for a request a connection holds no buffer. Before it closes after an answer with input
// unread, it says that it is done and reads on for a while, so that a reset does not overtake the
// answer (RFC 9112 section 9.6).
//
// Where the listener is for TLS the handshake comes first and has the time of a head; what was
// found out by it (the client's certificate) goes into every request. HTTP/2 is spoken with clients
// that agree on it there, and with those that begin with its preface: h2/connection.hpp takes over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <netinet/in.h>

#include "balancer/http/head_scan.hpp"
#include "balancer/io/buffer.hpp"
#include "balancer/io/client_address.hpp"
#include "balancer/io/exchange.hpp"
#include "balancer/io/listen_point.hpp"
#include "balancer/io/stream.hpp"
#include "balancer/io/task.hpp"

namespace foretide::balancer {

namespace h2 {
class Connection;
}
class TlsLayer;
class TrafficThread;

class ProxySession {
 public:
  struct Accepted {
    int fd = -1;  // non-blocking
    sockaddr_storage from{};
    ListenPoint::Security security = ListenPoint::Security::kPlain;
  };
  // Takes over the descriptor. The session owns itself and ends by itself. False when there is no
  // room to watch it: it is closed.
  static bool begin(TrafficThread& thread, const Accepted& accepted);

  // The thread is going down: an idle connection closes soon, one in use after its answer.
  void drain() { waiter_.wake(); }
  void cancel() { waiter_.cancel(); }
  // Since when it waits for a request; nothing: it has one, or a part of one.
  std::optional<Instant> idle_since() const;

  ~ProxySession();

  // The thread's list.
  ProxySession* next = nullptr;
  ProxySession* previous = nullptr;

 private:
  ProxySession(TrafficThread& thread, const Accepted& accepted);
  static Task<> live(ProxySession* session);

  enum class HeadRead { kComplete, kMore, kEnd, kTooLarge, kMalformed };
  Task<> serve();
  // What comes before the first request. False: the connection ends.
  bool is_met_plainly() const;
  Task<bool> meet();
  Task<bool> read_proxy_header();
  bool admit();
  Task<bool> secure();
  void count_handshake(const TlsLayer& tls);
  Task<> refuse_plain_http();
  bool agreed_on_http2() const;
  bool begins_http2() const;
  Task<> serve_http2();
  Task<> drain_input();
  HeadRead read_head();
  void skip_empty_lines();
  Instant head_deadline();
  Task<> refuse(int status, std::string_view reason);

  TrafficThread& thread_;
  Stream client_;
  Waiter waiter_;
  Buffer input_;
  HeadScan scan_;
  Instant head_since_{};  // of the first byte; none yet: the epoch
  Instant idle_since_{};
  bool idle_ = false;
  std::size_t empty_lines_size_ = 0;  // before the present head
  bool counted_ = false;              // among its client's connections
  ListenPoint::Security security_;
  std::uint32_t exchanges_in_a_row_ = 0;   // without a look at the sockets in between
  bool may_be_http2_ = true;               // not once a request was served
  const h2::Connection* http2_ = nullptr;  // while it is spoken
  ClientAddress address_;
  std::string certificate_subject_;
  ClientSide client_side_;
};

}  // namespace foretide::balancer
