#include "balancer/http/proxy_header.hpp"

#include <gtest/gtest.h>

#include <string>

namespace foretide::balancer {
namespace {

using Read = ProxyHeader::Read;

const std::string kSignature{"\r\n\r\n\0\r\nQUIT\n", 12};

std::string binary(std::uint8_t command, std::uint8_t family, const std::string& rest) {
  std::string bytes = kSignature;
  bytes += static_cast<char>(0x20 | command);
  bytes += static_cast<char>(family);
  bytes += static_cast<char>(rest.size() >> 8);
  bytes += static_cast<char>(rest.size() & 255);
  return bytes + rest;
}

TEST(ProxyHeader, OfVersionOneNamesTheClient) {
  const std::string line = "PROXY TCP4 192.0.2.7 10.0.0.1 51234 443\r\n";
  const auto header = proxy_header_in(line + "GET / HTTP/1.1\r\n");
  EXPECT_EQ(header.read, Read::kComplete);
  EXPECT_EQ(header.size, line.size());
  EXPECT_EQ(header.client, ip_bytes_for("192.0.2.7"));
  EXPECT_EQ(proxy_header_in("PROXY TCP6 2001:db8::1 ::1 1 2\r\n").client,
            ip_bytes_for("2001:db8::1"));
  const auto unknown = proxy_header_in("PROXY UNKNOWN whatever it says\r\n");
  EXPECT_EQ(unknown.read, Read::kComplete);
  EXPECT_FALSE(unknown.client);
}

TEST(ProxyHeader, OfVersionTwoNamesTheClient) {
  const std::string v4("\xc0\x00\x02\x07\x0a\x00\x00\x01\x10\x20\x01\xbb", 12);
  const auto header = proxy_header_in(binary(1, 0x11, v4) + "more");
  EXPECT_EQ(header.read, Read::kComplete);
  EXPECT_EQ(header.size, 28u);
  EXPECT_EQ(header.client, ip_bytes_for("192.0.2.7"));

  std::string v6(36, '\0');
  v6[0] = 0x20;
  v6[1] = 0x01;
  v6[15] = 1;
  EXPECT_EQ(proxy_header_in(binary(1, 0x21, v6)).client, ip_bytes_for("2001::1"));
  EXPECT_EQ(proxy_header_in(binary(1, 0x21, v6 + "tlvs")).size, 56u);

  const auto local = proxy_header_in(binary(0, 0, ""));
  EXPECT_EQ(local.read, Read::kComplete);
  EXPECT_FALSE(local.client);
}

TEST(ProxyHeader, IsAwaitedByteForByte) {
  for (const std::string& whole : {std::string("PROXY TCP4 192.0.2.7 10.0.0.1 51234 443\r\n"),
                                   binary(1, 0x11, std::string(12, '\1'))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(proxy_header_in(whole.substr(0, size)).read, Read::kMore) << size;
    }
    EXPECT_EQ(proxy_header_in(whole).read, Read::kComplete);
  }
}

TEST(ProxyHeader, IsRefusedWhereItIsNone) {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n"), std::string("PROXY TCP4 1.2.3.4\r\n"),
        std::string("PROXY TCP4 ::1 ::1 1 2\r\n"),
        std::string("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"),
        std::string("PROXY TCP4 1.2.3.4 1.2.3.4 70000 2\r\n"),
        std::string("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"),
        std::string("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n"), "PROXY " + std::string(120, 'x'),
        binary(2, 0x11, std::string(12, '\1')), binary(1, 0x11, "short"),
        binary(1, 0x11, std::string(2000, 'x')), kSignature + std::string("\x11\x11\0\0", 4)}) {
    EXPECT_EQ(proxy_header_in(bytes).read, Read::kMalformed) << bytes;
  }
}

}  // namespace
}  // namespace foretide::balancer
