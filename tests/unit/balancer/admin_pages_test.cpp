#include "balancer/io/admin_pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace foretide::balancer {
namespace {

using testing::HasSubstr;

TEST(AdminPages, CountWhatNoReportCarries) {
  const HeldTables held;
  TrafficSnapshot traffic;
  traffic.connections.abandoned_total = 7;
  AdminRequest request;
  request.method = "GET";
  request.path = "/metrics";
  const auto page = answer_admin(request, {.held = held, .traffic = traffic});
  EXPECT_THAT(page.body, HasSubstr("\nforetide_balancer_abandoned_total 7"));
}

}  // namespace
}  // namespace foretide::balancer
