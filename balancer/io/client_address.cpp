#include "balancer/io/client_address.hpp"

#include <arpa/inet.h>

namespace foretide::balancer {

ClientAddress::ClientAddress(const sockaddr_storage& from) {
  int family = from.ss_family;
  const void* bytes = &reinterpret_cast<const sockaddr_in&>(from).sin_addr;
  if (family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from).sin6_addr;
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6);
    family = mapped ? AF_INET : AF_INET6;
    bytes = mapped ? &v6.s6_addr[12] : &v6.s6_addr[0];
  }
  if (::inet_ntop(family, bytes, text_.data(), text_.size()) != nullptr) {
    size_ = std::string_view(text_.data()).size();
  }
}

}  // namespace foretide::balancer
