// Who listens on a port of this host, as far as /proc and a try to bind tell.
//
// The kernel names a listening socket by its inode; whose it is, a walk over the descriptors of a
// worker's processes tells. A worker may have handed its socket to a child, so all of them are
// asked, the leader first. A process whose descriptors may not be read leaves the answer open.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/io/proc_tree.hpp"

namespace foretide::agent {

enum class Listener : std::uint8_t { kNone, kOwn, kOwnLoopbackOnly, kForeign, kUnknown };

// `members` are the worker's processes besides its leader; called at most once.
Listener listener_on(const ProcTree& tree, std::uint16_t port, std::int64_t leader,
                     const std::function<std::vector<std::int64_t>()>& members);

// Where the worker itself listens.
std::vector<TcpListener> own_listeners(const ProcTree& tree, std::uint16_t port,
                                       std::int64_t leader,
                                       const std::function<std::vector<std::int64_t>()>& members);

// Nothing holds the port on any address of this host, as a listener is about to find.
bool port_is_free(std::uint16_t port);

}  // namespace foretide::agent
