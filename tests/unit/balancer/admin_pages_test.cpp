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
  traffic.connections.shed_for_sockets_total = 8;
  traffic.connections.shed_for_memory_total = 9;
  AdminRequest request;
  request.method = "GET";
  request.path = "/metrics";
  const auto page = answer_admin(request, {.held = held, .traffic = traffic});
  EXPECT_THAT(page.body, HasSubstr("\nforetide_balancer_abandoned_total 7"));
  EXPECT_THAT(page.body, HasSubstr("shed_requests_total{reason=\"sockets\"} 8"));
  EXPECT_THAT(page.body, HasSubstr("shed_requests_total{reason=\"memory\"} 9"));
}

TEST(AdminPages, CountEndpointsByStateAndRetries) {
  const HeldTables held;
  TrafficSnapshot traffic;
  traffic.sights[{"web"}] = {
      .endpoints = {{{"a"}, Sight::kOpen}, {{"b"}, Sight::kOut}, {{"c"}, Sight::kOpen}},
      .retries_total = 4};
  AdminRequest request;
  request.method = "GET";
  request.path = "/metrics";
  const auto page = answer_admin(request, {.held = held, .traffic = traffic});
  EXPECT_THAT(page.body, HasSubstr("balancer_endpoints{service=\"web\",state=\"open\"} 2"));
  EXPECT_THAT(page.body, HasSubstr("balancer_endpoints{service=\"web\",state=\"out\"} 1"));
  EXPECT_THAT(page.body, HasSubstr("balancer_endpoints{service=\"web\",state=\"draining\"} 0"));
  EXPECT_THAT(page.body, HasSubstr("balancer_retries_total{service=\"web\"} 4"));
}

TEST(AdminPages, SayWhetherAMovingAddressMustStay) {
  const HeldTables held;
  const TrafficSnapshot traffic;
  AdminRequest request;
  request.method = "GET";
  request.path = "/leaving";
  const auto status_when = [&](bool draining, bool busy) {
    return answer_admin(
               request,
               {.draining = draining, .busy_leaving = busy, .held = held, .traffic = traffic})
        .status;
  };
  EXPECT_EQ(status_when(false, false), 503);
  EXPECT_EQ(status_when(true, true), 200);
  EXPECT_EQ(status_when(true, false), 503);
}

}  // namespace
}  // namespace foretide::balancer
