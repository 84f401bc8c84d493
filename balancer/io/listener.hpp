// A listening socket of one thread: accepts while there is room and passes the connections to
// sessions. The socket may be one that other threads, or another process, accept from as well; of
// those only one is woken for a client (EPOLLEXCLUSIVE).
//
// At the connection limit, without descriptors, or with all memory for requests spent, accepting
// pauses; clients wait in the kernel's backlog.
#pragma once

#include <cstdint>

#include "balancer/io/event_loop.hpp"
#include "balancer/io/listen_point.hpp"

namespace foretide::balancer {

class TrafficThread;

class Listener : public Source {
 public:
  enum class Sockets : std::uint8_t { kOwn, kShared };
  struct Settings {
    int fd = -1;  // it is closed here
    ListenPoint::Security security = ListenPoint::Security::kPlain;
    Sockets sockets = Sockets::kOwn;
  };
  Listener(TrafficThread& thread, const Settings& settings);
  ~Listener();
  // There is room again.
  void resume();
  // Takes what stands in the kernel's backlog, which closing would reset: those clients are
  // connected already and may have sent their request.
  void accept_rest();
  // From now on a new client's SYN is lost, neither answered nor refused, so that its kernel sends
  // it again, a second later, to whoever has the address by then. Handshakes that have begun end
  // well.
  void ignore_new();

 private:
  enum class Accepted : std::uint8_t { kOne, kNone, kFailed };
  Accepted accept_one();
  bool watch();
  void accept_some();
  void pause(Duration time);

  TrafficThread& thread_;
  Settings settings_;
  bool paused_ = false;
  bool ignores_new_ = false;
  Timer timer_;
};

}  // namespace foretide::balancer
