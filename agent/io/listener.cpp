#include "agent/io/listener.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "common/io/descriptor.hpp"

namespace foretide::agent {
namespace {

bool binds(int family, const sockaddr* address, socklen_t size) {
  const Descriptor socket_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket_) return true;  // a host without IPv6 has nobody on it either
  const int on = 1;
  setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) setsockopt(socket_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  return bind(socket_.get(), address, size) == 0 || errno != EADDRINUSE;
}

// A worker's processes, asked for a socket: the leader first, the others (whose search costs more)
// when he does not have it.
class Owners {
 public:
  Owners(const ProcTree& tree, std::int64_t leader,
         const std::function<std::vector<std::int64_t>()>& members)
      : tree_(tree), leader_(leader), members_(members) {}

  // Nothing: it cannot be told.
  std::optional<bool> have(std::uint64_t inode) {
    std::optional<bool> own = tree_.has_socket(leader_, inode);
    if (own == true) return own;
    if (!others_) others_ = members_();
    for (const std::int64_t pid : *others_) {
      const std::optional<bool> has = tree_.has_socket(pid, inode);
      if (has) own = has;
      if (own == true) break;
    }
    return own;
  }

 private:
  const ProcTree& tree_;
  std::int64_t leader_;
  const std::function<std::vector<std::int64_t>()>& members_;
  std::optional<std::vector<std::int64_t>> others_;
};

}  // namespace

bool port_is_free(std::uint16_t port) {
  sockaddr_in any4{};
  any4.sin_family = AF_INET;
  any4.sin_port = htons(port);
  sockaddr_in6 any6{};
  any6.sin6_family = AF_INET6;
  any6.sin6_port = htons(port);
  return binds(AF_INET, reinterpret_cast<const sockaddr*>(&any4), sizeof any4) &&
         binds(AF_INET6, reinterpret_cast<const sockaddr*>(&any6), sizeof any6);
}

Listener listener_on(const ProcTree& tree, std::uint16_t port, std::int64_t leader,
                     const std::function<std::vector<std::int64_t>()>& members) {
  const Result<std::vector<TcpListener>> listeners = tree.listeners(port);
  if (!listeners) return Listener::kUnknown;
  if (listeners->empty()) return Listener::kNone;
  bool any_own = false, reachable = false, any_hidden = false;
  Owners owners(tree, leader, members);
  for (const TcpListener& listener : *listeners) {
    const std::optional<bool> own = owners.have(listener.inode);
    any_hidden = any_hidden || !own;
    if (own != true) continue;
    any_own = true;
    reachable = reachable || !listener.is_loopback_only();
  }
  if (any_own) return reachable ? Listener::kOwn : Listener::kOwnLoopbackOnly;
  return any_hidden ? Listener::kUnknown : Listener::kForeign;
}

std::vector<TcpListener> own_listeners(const ProcTree& tree, std::uint16_t port,
                                       std::int64_t leader,
                                       const std::function<std::vector<std::int64_t>()>& members) {
  const Result<std::vector<TcpListener>> listeners = tree.listeners(port);
  std::vector<TcpListener> own;
  if (!listeners) return own;
  Owners owners(tree, leader, members);
  for (const TcpListener& listener : *listeners) {
    if (owners.have(listener.inode) == true) own.push_back(listener);
  }
  return own;
}

}  // namespace foretide::agent
