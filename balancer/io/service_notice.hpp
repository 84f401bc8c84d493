// What a service manager is told of our life, by sd_notify(3)'s protocol: one datagram for each
// notice to the socket that NOTIFY_SOCKET names (a path, or "@name" for an abstract one). Without
// that variable, or where nobody takes it, nothing happens: who started us by hand does not ask.
//
// The variable stays for the successor of a replaced balancer, which tells of itself then.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "common/time.hpp"

namespace foretide::balancer {

class ServiceNotice {
 public:
  static ServiceNotice from_environment();
  explicit ServiceNotice(std::string socket) : socket_(std::move(socket)) {}

  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  // To be followed by ready().
  void reloading(Instant now) const;
  // Another process is the service from now on.
  void main_pid(pid_t pid) const { send("MAINPID=" + std::to_string(pid)); }

 private:
  void send(std::string_view text) const;
  std::string socket_;  // empty: nobody listens
};

}  // namespace foretide::balancer
