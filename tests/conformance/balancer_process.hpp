// Our own balancer as the proxy under test: started in standalone mode on a port that the kernel
// chooses, which its log tells, and stopped with the object.
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace foretide::conformance {

class BalancerProcess {
 public:
  // Throws std::runtime_error with what it said when it does not start.
  BalancerProcess(const std::string& program, std::uint16_t upstream_port,
                  const std::string& half_closed);
  ~BalancerProcess();
  BalancerProcess(const BalancerProcess&) = delete;
  BalancerProcess& operator=(const BalancerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  // It ended by itself, which no request may make it do.
  bool has_ended();

 private:
  void write_config(std::uint16_t upstream_port, const std::string& half_closed);
  void read_port(int log);

  std::string folder_;
  pid_t pid_ = -1;
  int log_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace foretide::conformance
