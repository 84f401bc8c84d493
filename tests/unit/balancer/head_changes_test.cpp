#include "balancer/http/head_changes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace foretide::balancer {
namespace {

class HeadChanging : public testing::Test {
 protected:
  // What becomes of the path.
  std::string path_of(const std::string& target, const wire::HeadChanges& changes) {
    HeadWriter head(memory_.data(), memory_.size());
    head.put("GET " + target + " HTTP/1.1\r\n");
    const auto begin = head.size();
    head.put("A: b\r\n");
    const auto fields = change_path(changes, begin, head);
    EXPECT_EQ(head.text().substr(fields), "A: b\r\n");
    const auto line = head.text().substr(0, fields);
    return std::string(line.substr(4, line.size() - 15));
  }

  std::array<char, 256> memory_{};
};

TEST_F(HeadChanging, StripsAWholePathElement) {
  const wire::HeadChanges strip{.strip_prefix = "/api"};
  EXPECT_EQ(path_of("/api/users?x=1", strip), "/users?x=1");
  EXPECT_EQ(path_of("/api", strip), "/");
  EXPECT_EQ(path_of("/api?x", strip), "/?x");
  EXPECT_EQ(path_of("/apis", strip), "/apis");
  EXPECT_EQ(path_of("/other", strip), "/other");
  EXPECT_EQ(path_of("*", strip), "*");
  EXPECT_EQ(path_of("/api/users", {.strip_prefix = "/api/"}), "/users");
}

TEST_F(HeadChanging, AddsAPrefixAfterStripping) {
  EXPECT_EQ(path_of("/users", {.add_prefix = "/v1"}), "/v1/users");
  EXPECT_EQ(path_of("/api/users", {.strip_prefix = "/api", .add_prefix = "/v1/"}), "/v1/users");
  EXPECT_EQ(path_of("/api", {.strip_prefix = "/api", .add_prefix = "/v1"}), "/v1/");
}

// By the path as servers read it the service was chosen, so that is the path that is changed.
TEST_F(HeadChanging, ChangesThePathAsServersReadIt) {
  const wire::HeadChanges changes{.strip_prefix = "/api", .add_prefix = "/v1"};
  EXPECT_EQ(path_of("//api/users?x=//y", changes), "/v1/users?x=//y");
  EXPECT_EQ(path_of("/%61pi/users", changes), "/v1/users");
  EXPECT_EQ(path_of("/api/../api/secret", changes), "/v1/secret");
  EXPECT_EQ(path_of("/api/../secret", changes), "/v1/secret");
  EXPECT_EQ(path_of("/api/%2e%2e/%2E./x", changes), "/v1/x");
  EXPECT_EQ(path_of("/api/..%2fx", changes), "/v1/x");
  EXPECT_EQ(path_of("//api/a%20b%3fc%25%00", changes), "/v1/a%20b%3Fc%25%00");
}

TEST_F(HeadChanging, LeavesTheRestOfAPathAsItCame) {
  const wire::HeadChanges changes{.strip_prefix = "/api", .add_prefix = "/v1"};
  EXPECT_EQ(path_of("/api/a%2Fb//c%3f", changes), "/v1/a%2Fb//c%3f");
  EXPECT_EQ(path_of("/api/./x", {.strip_prefix = "/api"}), "/./x");
  EXPECT_EQ(path_of("/a/../b", {.remove = {"x"}}), "/a/../b");
}

TEST_F(HeadChanging, SaysWhenThePrefixDoesNotFit) {
  HeadWriter head(memory_.data(), memory_.size());
  head.put("GET /" + std::string(200, 'x') + " HTTP/1.1\r\n");
  change_path({.add_prefix = "/" + std::string(100, 'y')}, head.size(), head);
  EXPECT_TRUE(head.overflow());
}

TEST_F(HeadChanging, RemovesAndSetsFields) {
  HeadWriter head(memory_.data(), memory_.size());
  head.put("GET / HTTP/1.1\r\n");
  const auto begin = head.size();
  head.put("A: 1\r\nb: 2\r\nC: 3\r\nB: 4\r\n");
  change_fields({.remove = {"a"}, .set = {{"B", "new"}, {"D", "more"}}}, begin, head);
  EXPECT_EQ(head.text(), "GET / HTTP/1.1\r\nC: 3\r\nB: new\r\nD: more\r\n");
}

TEST_F(HeadChanging, SetsAFieldInPlaceOfThoseThatReadAlike) {
  HeadWriter head(memory_.data(), memory_.size());
  head.put("GET / HTTP/1.1\r\n");
  const auto begin = head.size();
  head.put("X_User: admin\r\nx-user: root\r\nX-Users: all\r\n");
  change_fields({.set = {{"X-User", "anonymous"}}}, begin, head);
  EXPECT_EQ(head.text(), "GET / HTTP/1.1\r\nX-Users: all\r\nX-User: anonymous\r\n");
}

}  // namespace
}  // namespace foretide::balancer
