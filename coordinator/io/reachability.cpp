#include "coordinator/io/reachability.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <memory>
#include <vector>

#include "common/address.hpp"

namespace foretide::coordinator {
namespace {

bool is_loopback(const std::string& host) {
  return Address{host, 0}.is_loopback();
}

// A live node that advertises a loopback address, other than `but`.
const NodeRecord* loopback_node(const State& state, const NodeId& but, Instant now) {
  for (const auto& [id, node] : state.nodes) {
    if (id != but && !node.session.empty() && !node.is_lost(now) && is_loopback(node.address))
      return &node;
  }
  return nullptr;
}

std::optional<std::string> somebody_elsewhere(const State& state, const NodeId& but, Instant now,
                                              const IsHere& is_here) {
  for (const auto& [id, balancer] : state.balancers) {
    if (balancer.is_live(now) && !balancer.address.empty() && !is_here(balancer.address))
      return "balancer " + id.text + " at " + balancer.address;
  }
  for (const auto& [id, node] : state.nodes) {
    if (id != but && !node.session.empty() && !node.is_lost(now) && !node.address.empty() &&
        !is_here(node.address))
      return "node " + id.text + " at " + node.address;
  }
  return std::nullopt;
}

std::string blame(const NodeRecord& node) {
  return "node " + node.id.text + " advertises " + node.address +
         ", which only its own host can reach: set `address:` in its agent.yaml to an address that "
         "other "
         "hosts reach, and restart that agent";
}

struct Freeing {
  void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
};

std::vector<std::string> own_addresses() {
  ifaddrs* raw = nullptr;
  if (::getifaddrs(&raw) != 0) return {};
  const std::unique_ptr<ifaddrs, Freeing> list(raw);
  std::vector<std::string> addresses;
  for (const ifaddrs* it = raw; it; it = it->ifa_next) {
    if (!it->ifa_addr || (it->ifa_flags & IFF_UP) == 0) continue;
    char text[INET6_ADDRSTRLEN] = {};
    const void* binary = nullptr;
    if (it->ifa_addr->sa_family == AF_INET)
      binary = &reinterpret_cast<const sockaddr_in*>(it->ifa_addr)->sin_addr;
    else if (it->ifa_addr->sa_family == AF_INET6)
      binary = &reinterpret_cast<const sockaddr_in6*>(it->ifa_addr)->sin6_addr;
    if (binary && ::inet_ntop(it->ifa_addr->sa_family, binary, text, sizeof text))
      addresses.emplace_back(text);
  }
  return addresses;
}

}  // namespace

std::optional<std::string> unreachable_because(const State& state, const NodeHello& hello,
                                               Instant now, const IsHere& is_here) {
  const std::string& address =
      hello.hello.address.empty() ? hello.peer_address : hello.hello.address;
  if (is_loopback(address)) {
    const auto other = somebody_elsewhere(state, hello.node, now, is_here);
    if (!other) return std::nullopt;
    return "this node's address is " + address + ", which " + *other +
           " cannot reach: set `address:` in agent.yaml to an address of this host that others "
           "reach";
  }
  if (is_here(address)) return std::nullopt;
  const NodeRecord* node = loopback_node(state, hello.node, now);
  return node ? std::optional(blame(*node)) : std::nullopt;
}

std::optional<std::string> unreachable_because(const State& state, const BalancerHello& hello,
                                               Instant now, const IsHere& is_here) {
  if (hello.hello.address.empty() || is_here(hello.hello.address)) return std::nullopt;
  const NodeRecord* node = loopback_node(state, NodeId{}, now);
  return node ? std::optional(blame(*node)) : std::nullopt;
}

bool is_address_of_this_host(const std::string& address) {
  if (is_loopback(address)) return true;
  for (const std::string& own : own_addresses()) {
    if (own == address || "::ffff:" + own == address) return true;
  }
  return false;
}

std::string address_for_others() {
  for (const std::string& own : own_addresses()) {
    if (!is_loopback(own) && own.find(':') == std::string::npos) return own;
  }
  return "127.0.0.1";
}

}  // namespace foretide::coordinator
