// A listening socket of one thread: accepts while there is room and passes the connections to
// sessions.
//
// With several threads each has a socket of its own on the same port (SO_REUSEPORT) and the kernel
// spreads connections. At the connection limit, or without descriptors, accepting pauses; clients
// wait in the kernel's backlog.
#pragma once

#include <cstdint>
#include <vector>

#include "balancer/io/event_loop.hpp"
#include "balancer/io/listen_point.hpp"
#include "common/result.hpp"

namespace foretide::balancer {

class TrafficThread;

// One descriptor for each thread. An address in use is an Error that names it; so is one that
// another program shares by SO_REUSEPORT, which the kernel alone would allow.
Result<std::vector<int>> open_listeners(const Address& address, std::uint32_t threads);

Address bound_address(int fd);

class Listener : public Source {
 public:
  Listener(TrafficThread& thread, int fd, ListenPoint::Security security);
  ~Listener();
  // There is room again.
  void resume();
  // Takes what stands in the kernel's backlog, which closing would reset: those clients are
  // connected already and may have sent their request.
  void accept_rest();
  // From now on a new client's SYN is lost, neither answered nor refused, so that its kernel sends it
  // again, a second later, to whoever has the address by then. Handshakes that have begun end well.
  void ignore_new();

 private:
  enum class Accepted : std::uint8_t { kOne, kNone, kFailed };
  Accepted accept_one();
  void accept_some();
  void pause(Duration time);

  TrafficThread& thread_;
  int fd_;
  ListenPoint::Security security_;
  bool paused_ = false;
  bool ignores_new_ = false;
  Timer timer_;
};

}  // namespace foretide::balancer
