// What this host has at the moment: addresses, and connections at given ports. Asked a few times a
// second while a balancer goes away, never while it serves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace foretide::balancer {

// Whether an interface has one of these addresses.
bool has_address(const std::vector<std::string>& addresses);

// See core/tcp_table.
Result<std::size_t> unfinished_connections(const std::set<std::uint16_t>& local_ports);

}  // namespace foretide::balancer
