#include "tests/simulation/connections.hpp"

#include <algorithm>
#include <utility>

namespace foretide::simulation {

void Connections::add_host(SimHost& host) {
  hosts_[host.address()] = &host;
  host.watch_ends([this, &host](const Process& process, const wire::Exit&) {
    const auto found = open_.find({host.address(), process.port});
    if (found == open_.end()) return;
    const std::vector<Connection> broken = std::move(found->second);
    open_.erase(found);
    for (const Connection& one : broken) on_broken_[one.balancer](one.request);
  });
}

std::size_t Connections::add_balancer(OnBroken on_broken) {
  on_broken_.push_back(std::move(on_broken));
  return on_broken_.size() - 1;
}

const Process* Connections::listener(const Address& address) const {
  const auto host = hosts_.find(address.host);
  if (host == hosts_.end()) return nullptr;
  const Process* process = host->second->on_port(address.port);
  return process != nullptr && process->listens ? process : nullptr;
}

void Connections::open(const Address& address, Connection connection) {
  open_[address].push_back(connection);
}

void Connections::close(const Address& address, Connection connection) {
  if (const auto found = open_.find(address); found != open_.end()) {
    std::erase(found->second, connection);
  }
}

void Connections::close_all_of(std::size_t balancer) {
  for (auto& [address, connections] : open_) {
    std::erase_if(connections, [&](const Connection& one) { return one.balancer == balancer; });
  }
}

std::size_t Connections::open_on(const Address& address) const {
  const auto found = open_.find(address);
  return found == open_.end() ? 0 : found->second.size();
}

}  // namespace foretide::simulation
