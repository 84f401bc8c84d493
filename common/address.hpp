// Where something listens: a host (name or literal address, IPv6 without brackets) and a port.
// `text()` writes it as people do, `parse_address` reads it: "127.0.0.1:8080", "[::1]:8080",
// ":8080".
//
// Where clients are listened for it may also be a socket in the file system: then the host is its
// text as a whole, "unix:/run/foretide/traffic.sock", and there is no port. `parse_address` never
// gives one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foretide {

struct Address {
  std::string host;
  std::uint16_t port = 0;

  std::string text() const;
  bool is_loopback() const;
  bool is_wildcard() const;  // every address of the host
  bool is_unix() const { return host.starts_with("unix:"); }
  std::string unix_path() const { return is_unix() ? host.substr(5) : std::string(); }
  friend auto operator<=>(const Address&, const Address&) = default;
};

// Nothing when the text has no port, the port is not a number up to 65535, or brackets do not
// match. An empty host is kept empty; the caller decides what it stands for.
std::optional<Address> parse_address(std::string_view text);

// Whether it is an IPv4 or IPv6 address in digits, without brackets, port or scope.
bool is_ip_address(const std::string& text);

}  // namespace foretide
