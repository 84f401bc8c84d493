// A client's address as text, as it goes into X-Forwarded-For. One that came over an IPv6 listener
// from an IPv4 host is written as the IPv4 address that it is: 192.0.2.1, not ::ffff:192.0.2.1.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <netinet/in.h>

#include "common/ip_range.hpp"

namespace foretide::balancer {

class ClientAddress {
 public:
  explicit ClientAddress(const sockaddr_storage& from);
  explicit ClientAddress(const IpBytes& ip);
  std::string_view text() const { return {text_.data(), size_}; }
  const IpBytes* ip() const { return size_ > 0 ? &ip_ : nullptr; }

 private:
  void write_text();
  void write_v4();

  std::array<char, INET6_ADDRSTRLEN> text_{};
  std::size_t size_ = 0;  // 0: it is none of the internet's
  IpBytes ip_{};
};

}  // namespace foretide::balancer
