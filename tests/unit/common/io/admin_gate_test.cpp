#include "common/io/admin_gate.hpp"

#include <gtest/gtest.h>

namespace foretide {
namespace {

const AdminGate kGate{{"127.0.0.1", 7400}, "secret-token"};
constexpr char kBearer[] = "Bearer secret-token";

int status(const AdminGate& gate, const AdminHead& head, std::string_view local_ip = "127.0.0.1") {
  const auto refusal = gate.refusal_for(head, local_ip);
  return refusal ? refusal->status : 200;
}

// method   path        token   -> status on loopback, on another address
TEST(AdminGate, AsksForATokenByMethodAndPath) {
  const AdminGate open_address{{"10.0.0.1", 7400}, "secret-token"};
  const struct {
    const char *method, *path, *authorization;
    int loopback, elsewhere;
  } cases[] = {
      {"GET", "/healthz", "", 200, 200},
      {"GET", "/readyz", "", 200, 200},
      {"POST", "/healthz", "", 401, 401},
      {"GET", "/metrics", "", 200, 401},
      {"GET", "/metrics", kBearer, 200, 200},
      {"GET", "/v1/status", "", 401, 401},
      {"GET", "/v1/status", kBearer, 200, 200},
      {"GET", "/v1/status", "bearer secret-token", 200, 200},
      {"GET", "/v1/status", "Bearer secret-toke", 401, 401},
      {"GET", "/v1/status", "Bearer secret-tokens", 401, 401},
      {"GET", "/v1/status", "Bearer ", 401, 401},
      {"GET", "/v1/status", "Basic secret-token", 401, 401},
      {"GET", "/v1/status", "secret-token", 401, 401},
      {"POST", "/v1/reload", "", 401, 401},
      {"DELETE", "/v1/status", "", 401, 401},
      {"OPTIONS", "/v1/status", "", 401, 401},
      {"HEAD", "/v1/status", "", 401, 401},
      {"POST", "/v1/reload", kBearer, 200, 200},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.method) + " " + c.path + " " + c.authorization);
    AdminHead head{.method = c.method,
                   .path = c.path,
                   .host = "127.0.0.1:7400",
                   .origin = "",
                   .authorization = c.authorization};
    EXPECT_EQ(status(kGate, head), c.loopback);
    head.host = "10.0.0.1:7400";
    EXPECT_EQ(status(open_address, head, "10.0.0.1"), c.elsewhere);
  }
}

TEST(AdminGate, ServesOnlyItsOwnHost) {
  const auto with_host = [](std::string_view host) {
    return status(kGate, {.method = "GET",
                          .path = "/v1/status",
                          .host = host,
                          .origin = "",
                          .authorization = kBearer});
  };
  EXPECT_EQ(with_host("localhost"), 200);
  EXPECT_EQ(with_host("LOCALHOST:9999"), 200);  // through a tunnel the port is another
  EXPECT_EQ(with_host("127.0.0.1:7400"), 200);
  EXPECT_EQ(with_host("[::1]:7400"), 200);
  EXPECT_EQ(with_host(""), 400);
  EXPECT_EQ(with_host("evil.example:7400"), 403);
  EXPECT_EQ(with_host("127.evil.example:7400"), 403);
  EXPECT_EQ(with_host("localhost.evil.example"), 403);
  EXPECT_EQ(with_host("10.0.0.1:7400"), 403);
  EXPECT_EQ(with_host("[::1"), 403);
  const AdminGate anywhere{{"0.0.0.0", 7400}, ""};
  EXPECT_EQ(status(anywhere,
                   {.method = "GET",
                    .path = "/",
                    .host = "10.0.0.1:7400",
                    .origin = "",
                    .authorization = ""},
                   "10.0.0.1"),
            200);
}

TEST(AdminGate, RefusesOtherOrigins) {
  const auto with_origin = [](std::string_view origin) {
    return status(kGate, {.method = "POST",
                          .path = "/v1/reload",
                          .host = "localhost:7400",
                          .origin = origin,
                          .authorization = kBearer});
  };
  EXPECT_EQ(with_origin(""), 200);
  EXPECT_EQ(with_origin("http://localhost:7400"), 200);
  EXPECT_EQ(with_origin("http://localhost:7401"), 403);
  EXPECT_EQ(with_origin("http://evil.example"), 403);
  EXPECT_EQ(with_origin("null"), 403);
}

}  // namespace
}  // namespace foretide
