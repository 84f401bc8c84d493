#include "balancer/io/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace foretide::balancer {

ClientAddress::ClientAddress(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from).sin6_addr;
    std::copy(std::begin(v6.s6_addr), std::end(v6.s6_addr), ip_.begin());
  } else if (from.ss_family == AF_INET) {
    ip_[10] = ip_[11] = 0xff;
    std::memcpy(&ip_[12], &reinterpret_cast<const sockaddr_in&>(from).sin_addr, 4);
  } else {
    return;
  }
  write_text();
}

ClientAddress::ClientAddress(const IpBytes& ip) : ip_(ip) {
  write_text();
}

void ClientAddress::write_text() {
  in6_addr v6{};
  std::copy(ip_.begin(), ip_.end(), std::begin(v6.s6_addr));
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6);
  if (mapped) return write_v4();
  if (::inet_ntop(AF_INET6, &v6, text_.data(), text_.size()) != nullptr) {
    size_ = std::string_view(text_.data()).size();
  }
}

// By hand, for every new connection: inet_ntop goes by way of sprintf.
void ClientAddress::write_v4() {
  char* at = text_.data();
  for (std::size_t i = 12; i < ip_.size(); ++i) {
    if (i > 12) *at++ = '.';
    at = std::to_chars(at, text_.data() + text_.size(), ip_[i]).ptr;
  }
  size_ = static_cast<std::size_t>(at - text_.data());
}

}  // namespace foretide::balancer
