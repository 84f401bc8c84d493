// http URLs, taken apart.
#include "common/http_url.hpp"

#include <gmock/gmock.h>

namespace foretide {
namespace {

TEST(HttpUrl, IsAHostAPortAndWhatIsAsked) {
  const auto read = [](const char* text) {
    const auto url = parse_http_url(text);
    EXPECT_TRUE(url) << text << " " << url.error();
    return url ? *url : HttpUrl{};
  };
  EXPECT_EQ(read("http://127.0.0.1:9000/depth"), (HttpUrl{{"127.0.0.1", 9000}, "/depth"}));
  EXPECT_EQ(read("http://queue"), (HttpUrl{{"queue", 80}, "/"}));
  EXPECT_EQ(read("HTTP://a.b-c_d:1/x?y=%20&z"), (HttpUrl{{"a.b-c_d", 1}, "/x?y=%20&z"}));
  EXPECT_EQ(read("http://q?n=1"), (HttpUrl{{"q", 80}, "/?n=1"}));
  EXPECT_EQ(read("http://[::1]:9000/"), (HttpUrl{{"::1", 9000}, "/"}));
  EXPECT_EQ(read("http://[::1]"), (HttpUrl{{"::1", 80}, "/"}));
}

TEST(HttpUrl, IsRefusedWhereItIsAnythingElse) {
  const auto trouble = [](const std::string& text) {
    const auto url = parse_http_url(text);
    return url ? "none" : url.error();
  };
  for (const char* text : {"", "depth", "ftp://h/", "http:/h/", "127.0.0.1:9000/"}) {
    EXPECT_EQ(trouble(text), "does not begin with http://") << text;
  }
  EXPECT_THAT(trouble("https://h/"), testing::StartsWith("is https, and only http is spoken here"));
  for (const char* text :
       {"http://", "http:///x", "http://h:0/", "http://h:65536/", "http://h:x/", "http://:80/",
        "http://a!b/", "http://[::1/", "http://[x]/", "http://[::1]x/"}) {
    EXPECT_EQ(trouble(text), "names no host, or a port that is none") << text;
  }
  for (const char* text :
       {"http://h/a b", "http://h/\r\nX: y", "http://h/#x", "http://h/\xC3\xA9"}) {
    EXPECT_THAT(trouble(text), testing::StartsWith("has a blank, a '#' or a letter")) << text;
  }
  EXPECT_EQ(trouble("http://me:secret@h/"), "has a user before its host, which is not sent");
  EXPECT_EQ(trouble("http://h/" + std::string(2000, 'x')), "is longer than 2000 characters");
}

}  // namespace
}  // namespace foretide
