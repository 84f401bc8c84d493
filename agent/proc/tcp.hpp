// /proc/net/tcp and tcp6: who listens on a port, and how many connections stand on it. Addresses
// are written in hex, each 32-bit word in the host's byte order. The kernel lists every listener
// before the first connection, so a search for listeners stops there and costs little beside
// thousands of connections; counting connections reads it all and is for the rare occasion (a
// worker being retired).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace foretide::agent {

struct TcpListener {
  std::string address;  // as text: "0.0.0.0", "127.0.0.1", "::"
  std::uint64_t inode = 0;
  std::uint32_t user = 0;

  bool is_loopback_only() const;
  bool is_any() const { return address == "0.0.0.0" || address == "::"; }
  friend bool operator==(const TcpListener&, const TcpListener&) = default;
};

Result<std::vector<TcpListener>> parse_tcp_listeners(std::string_view bytes, std::uint16_t port);
// Connections whose local port it is, as the worker's side sees them.
Result<std::size_t> parse_tcp_established(std::string_view bytes, std::uint16_t port);

}  // namespace foretide::agent
