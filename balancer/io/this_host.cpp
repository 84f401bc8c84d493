#include "balancer/io/this_host.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include "balancer/core/tcp_table.hpp"
#include "common/ip_range.hpp"

namespace foretide::balancer {
namespace {

struct FreeInterfaces {
  void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
};

std::string text_of(const sockaddr* address) {
  if (address == nullptr) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  } else if (address->sa_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  } else {
    return "";
  }
  ::inet_ntop(address->sa_family, bytes, text.data(), text.size());
  return text.data();
}

}  // namespace

// By the interfaces and not by trying to bind: where an address moves, net.ipv4.ip_nonlocal_bind is
// often set, and with it every bind succeeds.
bool has_address(const std::vector<std::string>& addresses) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return true;  // not known: stays as it was
  const std::unique_ptr<ifaddrs, FreeInterfaces> owner(list);
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    const auto here = ip_bytes_for(text_of(at->ifa_addr));
    if (!here) continue;
    const bool is_one = std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) {
      return ip_bytes_for(address) == here;
    });
    if (is_one) return true;
  }
  return false;
}

Result<std::size_t> unfinished_connections(const std::set<std::uint16_t>& local_ports) {
  std::size_t count = 0;
  for (const char* path : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream file(path);
    // Without IPv6 the kernel has no such file.
    if (!file && errno == ENOENT && path == std::string("/proc/self/net/tcp6")) continue;
    if (!file) return Error{std::string(path) + ": " + std::strerror(errno)};
    const std::string table{std::istreambuf_iterator<char>(file), {}};
    count += unfinished_in(table, local_ports);
  }
  return count;
}

}  // namespace foretide::balancer
