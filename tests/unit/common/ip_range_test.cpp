#include "common/ip_range.hpp"

#include <gtest/gtest.h>

namespace foretide {
namespace {

bool in(const char* range, const char* address) {
  return IpRange::parse(range)->contains(*ip_bytes_for(address));
}

TEST(IpRange, HoldsWhatItsPrefixSays) {
  EXPECT_TRUE(in("10.0.0.0/8", "10.255.1.2"));
  EXPECT_FALSE(in("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(in("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(in("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(in("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(in("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(in("fd00::/8", "fd12::1"));
  EXPECT_FALSE(in("fd00::/8", "fe80::1"));
}

TEST(IpRange, TakesAMappedAddressForTheOneThatItIs) {
  EXPECT_TRUE(in("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(in("0.0.0.0/0", "10.1.2.3"));
  EXPECT_FALSE(in("0.0.0.0/0", "2001:db8::1"));
  EXPECT_FALSE(in("::/0", "10.1.2.3"));
  EXPECT_TRUE(in("::/0", "2001:db8::1"));
}

TEST(IpRange, RefusesWhatIsNone) {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "10.1.0.0/8", "fd00::/129",
                           "fd00::1/8", "host", "10.0.0.0/8x", "10.0.0.0/-1", "/8"}) {
    EXPECT_FALSE(IpRange::parse(text)) << text;
  }
  EXPECT_FALSE(ip_bytes_for("10.0.0"));
}

TEST(IpRanges, HoldWhatOneOfThemHolds) {
  const IpRanges ranges{*IpRange::parse("10.0.0.0/8"), *IpRange::parse("::1")};
  EXPECT_TRUE(contain(ranges, *ip_bytes_for("::1")));
  EXPECT_FALSE(contain(ranges, *ip_bytes_for("127.0.0.1")));
  EXPECT_FALSE(contain({}, *ip_bytes_for("127.0.0.1")));
}

}  // namespace
}  // namespace foretide
