#include "common/io/descriptor_limit.hpp"

#include <gtest/gtest.h>

namespace foretide {
namespace {

TEST(DescriptorLimit, IsRaisedToTheHardOneAndTheFormerIsTold) {
  rlimit own{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &own), 0);
  const rlimit low{64, own.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const auto former = raise_descriptor_limit();
  ASSERT_TRUE(former);
  EXPECT_EQ(former->rlim_cur, 64u);
  rlimit raised{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &raised), 0);
  EXPECT_EQ(raised.rlim_cur, own.rlim_max);
  setrlimit(RLIMIT_NOFILE, &own);
}

}  // namespace
}  // namespace foretide
