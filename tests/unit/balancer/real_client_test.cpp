#include "balancer/http/real_client.hpp"

#include <gtest/gtest.h>

namespace foretide::balancer {
namespace {

const IpRanges kTrusted{*IpRange::parse("10.0.0.0/8"), *IpRange::parse("fd00::/8")};
const IpBytes kProxy = *ip_bytes_for("10.0.0.1");

std::string client_in(std::string_view fields, Trust trust = Trust::kTrusted) {
  const ClientSide peer{.address = "10.0.0.1", .ip = &kProxy, .trust = trust};
  const RealClient client = real_client(peer, fields, kTrusted);
  EXPECT_EQ(client.ip, ip_bytes_for(std::string(client.address)));
  return std::string(client.address);
}

TEST(RealClient, IsTheOneThatTheTrustedOnesHeard) {
  EXPECT_EQ(client_in("X-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.7");
  EXPECT_EQ(client_in("a: b\r\nx-forwarded-for: 192.0.2.7, 10.9.9.9 ,fd00::1\r\n"), "192.0.2.7");
  EXPECT_EQ(client_in("X-Forwarded-For: 192.0.2.7:4711\r\n"), "192.0.2.7");
  EXPECT_EQ(client_in("X-Forwarded-For: [2001:db8::7]:4711\r\n"), "2001:db8::7");
  EXPECT_EQ(client_in("X-Forwarded-For: 2001:db8::7\r\n"), "2001:db8::7");
}

TEST(RealClient, IsNotWhomTheClientSaysThatItIs) {
  EXPECT_EQ(client_in("X-Forwarded-For: 127.0.0.1, 192.0.2.7\r\n"), "192.0.2.7");
  EXPECT_EQ(client_in("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 192.0.2.7, 10.0.0.2\r\n"),
            "192.0.2.7");
  EXPECT_EQ(client_in("X-Forwarded-For: 192.0.2.7\r\n", Trust::kStranger), "10.0.0.1");
}

TEST(RealClient, IsTheFirstTrustedOneWhereAllAreTrusted) {
  EXPECT_EQ(client_in("X-Forwarded-For: 10.1.1.1, 10.2.2.2\r\n"), "10.1.1.1");
}

TEST(RealClient, IsTheLastKnownOneBehindWhatIsNoAddress) {
  EXPECT_EQ(client_in("X-Forwarded-For: 192.0.2.7, unknown, 10.2.2.2, 10.3.3.3\r\n"), "10.2.2.2");
  EXPECT_EQ(client_in("X-Forwarded-For: 192.0.2.7, [\r\n"), "10.0.0.1");
  EXPECT_EQ(client_in("X-Forwarded-For: 192.0.2.7,\r\n"), "192.0.2.7");
  EXPECT_EQ(client_in("X-Forwarded-For: ,,\r\n"), "10.0.0.1");
  EXPECT_EQ(client_in(""), "10.0.0.1");
}

TEST(RealClient, IsNobodyWhereThePeerHasNoAddress) {
  const RealClient client = real_client({}, "X-Forwarded-For: 192.0.2.7\r\n", kTrusted);
  EXPECT_EQ(client.address, "");
  EXPECT_FALSE(client.ip);
}

}  // namespace
}  // namespace foretide::balancer
