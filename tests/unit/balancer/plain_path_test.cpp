#include "balancer/core/plain_path.hpp"

#include <gtest/gtest.h>

#include "balancer/core/service_routes.hpp"

namespace foretide::balancer {
namespace {

std::string plain(std::string_view target) {
  std::string memory;
  return std::string(plain_path(target, memory));
}

TEST(PlainPath, IsThePathAsServersReadIt) {
  EXPECT_EQ(plain("/admin/x?y=//z/.."), "/admin/x");
  EXPECT_EQ(plain("/"), "/");
  EXPECT_EQ(plain("/?x"), "/");
  EXPECT_EQ(plain("*"), "*");
  EXPECT_EQ(plain("/a.b/c..d"), "/a.b/c..d");
  EXPECT_EQ(plain("//admin"), "/admin");
  EXPECT_EQ(plain("/./admin"), "/admin");
  EXPECT_EQ(plain("/x/../admin"), "/admin");
  EXPECT_EQ(plain("/x/%2e%2E/admin/"), "/admin/");
  EXPECT_EQ(plain("/x%2f..%2Fadmin"), "/admin");
  EXPECT_EQ(plain("/%61dmin"), "/admin");
  EXPECT_EQ(plain("/../../admin"), "/admin");
  EXPECT_EQ(plain("/admin/.."), "/");
  EXPECT_EQ(plain("/admin/."), "/admin/");
  EXPECT_EQ(plain("/admin//"), "/admin/");
  EXPECT_EQ(plain("/.hidden/..."), "/.hidden/...");
}

TEST(PlainPath, LeavesWhatIsNoEncoding) {
  EXPECT_EQ(plain("/%"), "/%");
  EXPECT_EQ(plain("/%6"), "/%6");
  EXPECT_EQ(plain("/%zz"), "/%zz");
  EXPECT_EQ(plain("/%2561dmin"), "/%61dmin");
}

TEST(ServiceRoutes, CannotBeWalkedAround) {
  wire::MatchTable table;
  table.stamp = {1, 1};
  table.matches = {{.service = {"admin"}, .path_prefix = "/admin"}, {.service = {"web"}}};
  ServiceRoutes routes;
  ASSERT_TRUE(routes.apply(table));
  const auto service_of = [&](std::string_view target) {
    return routes.services()[routes.find({"a", target, ""}).value()].text;
  };
  for (const char* target : {"/admin", "//admin", "/./admin", "/x/../admin/y", "/%61dmin?q",
                             "/x/%2e%2e/admin", "/admin?/../.."}) {
    EXPECT_EQ(service_of(target), "admin") << target;
  }
  for (const char* target : {"/", "/admins", "/admin/..", "/x?/admin", "/x/admin"}) {
    EXPECT_EQ(service_of(target), "web") << target;
  }
}

}  // namespace
}  // namespace foretide::balancer
