// Who is connected to what: the requests between balancers and worker processes. It knows the truth
// that no program knows: which process really listens on an address, and how many requests it has.
//
// The way of the requests is never faulty by itself (the control network's faults are the subject);
// a request breaks when its process ends.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "tests/simulation/sim_host.hpp"

namespace foretide::simulation {

// A request as the process sees it: which balancer sent it, and its number there.
struct Connection {
  std::size_t balancer = 0;
  std::uint64_t request = 0;
  auto operator<=>(const Connection&) const = default;
};

class Connections {
 public:
  using OnBroken = std::function<void(std::uint64_t request)>;

  void add_host(SimHost& host);
  std::size_t add_balancer(OnBroken on_broken);

  const Process* listener(const Address& address) const;
  void open(const Address& address, Connection connection);
  void close(const Address& address, Connection connection);
  void close_all_of(std::size_t balancer);  // it died
  std::size_t open_on(const Address& address) const;

 private:
  std::map<std::string, SimHost*> hosts_;
  std::vector<OnBroken> on_broken_;
  std::map<Address, std::vector<Connection>> open_;
};

}  // namespace foretide::simulation
