// Addresses as the balancer reads and writes them.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "balancer/io/client_address.hpp"
#include "balancer/io/resolve.hpp"

namespace foretide::balancer {
namespace {

sockaddr_storage v6(const char* text) {
  sockaddr_storage storage{};
  auto& address = reinterpret_cast<sockaddr_in6&>(storage);
  address.sin6_family = AF_INET6;
  EXPECT_EQ(::inet_pton(AF_INET6, text, &address.sin6_addr), 1);
  return storage;
}

TEST(ClientAddresses, AreWrittenAsWhatTheyAre) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(0xc0000201);
  EXPECT_EQ(ClientAddress(storage).text(), "192.0.2.1");
  EXPECT_EQ(ClientAddress(v6("2001:db8::1")).text(), "2001:db8::1");
  EXPECT_EQ(ClientAddress(v6("::ffff:192.0.2.1")).text(), "192.0.2.1");
  EXPECT_EQ(ClientAddress(sockaddr_storage{}).text(), "");
}

TEST(Resolving, PrefersIPv4WhereverItStands) {
  addrinfo last{}, first{};
  last.ai_family = AF_INET;
  first.ai_family = AF_INET6;
  first.ai_next = &last;
  EXPECT_EQ(preferred_in(&first), &last);
  first.ai_next = nullptr;
  EXPECT_EQ(preferred_in(&first), &first);
}

}  // namespace
}  // namespace foretide::balancer
