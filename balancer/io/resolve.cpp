#include "balancer/io/resolve.hpp"

#include <array>
#include <memory>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace foretide::balancer {

std::string literal_for(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address;
  if (::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
      ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1) {
    return host;
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return host;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  const addrinfo& found = *preferred_in(list);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = &reinterpret_cast<const sockaddr_in*>(found.ai_addr)->sin_addr;
  if (found.ai_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(found.ai_addr)->sin6_addr;
  }
  if (::inet_ntop(found.ai_family, bytes, text.data(), text.size()) == nullptr) return host;
  return text.data();
}

const addrinfo* preferred_in(const addrinfo* list) {
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    if (at->ai_family == AF_INET) return at;
  }
  return list;
}

}  // namespace foretide::balancer
