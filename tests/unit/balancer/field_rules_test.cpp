#include "balancer/http/field_rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace foretide::balancer {
namespace {

TEST(Host, HoldsWhatAUriLetsItHold) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool allowed =
        std::string("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=")
            .find(c) != std::string::npos;
    const bool ends_with_port = c == ':';  // and the port is empty, or a number
    EXPECT_EQ(is_host(std::string("a") + c + "1"), allowed || ends_with_port) << byte;
  }
  EXPECT_TRUE(is_host("a%2fb"));
  EXPECT_FALSE(is_host("a%2"));
  EXPECT_FALSE(is_host("a%2g"));
}

}  // namespace
}  // namespace foretide::balancer
