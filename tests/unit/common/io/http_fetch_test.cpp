// One GET with bounds all around it.
#include "common/io/http_fetch.hpp"

#include <gmock/gmock.h>

#include <optional>

#include "answering_server.hpp"
#include "run_until.hpp"

namespace foretide {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class HttpFetchTest : public testing::Test {
 protected:
  // The body, or "!" and what was wrong.
  std::string fetched(HttpUrl url, HttpFetch::Bounds bounds = {10s, 1000}) {
    std::optional<std::string> got;
    HttpFetch fetch(io_, std::move(url), "text/plain", bounds, [&](Result<std::string> answer) {
      got = answer ? *answer : "!" + answer.error();
    });
    EXPECT_FALSE(got) << "never out of the constructor";
    EXPECT_TRUE(run_until(io_, [&] { return got.has_value(); }));
    return got.value_or("nothing");
  }
  HttpUrl here(const std::string& target = "/") { return {{"127.0.0.1", server_.port()}, target}; }
  std::string at() { return "!127.0.0.1:" + std::to_string(server_.port()) + " "; }

  boost::asio::io_context io_;
  AnsweringServer server_{io_};
};

TEST_F(HttpFetchTest, BringsTheBody) {
  server_.answer = AnsweringServer::ok("12\n");
  EXPECT_EQ(fetched(here("/depth?queue=a")), "12\n");
  ASSERT_EQ(server_.asked.size(), 1u);
  EXPECT_THAT(server_.asked[0], StartsWith("GET /depth?queue=a HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(server_.asked[0], HasSubstr("\r\nAccept: text/plain\r\n"));
}

TEST_F(HttpFetchTest, ReadsBodiesInChunksAndToTheEnd) {
  server_.answer =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  EXPECT_EQ(fetched(here()), "abcde");
  server_.answer = "HTTP/1.0 200 OK\r\n\r\nto the end";
  EXPECT_EQ(fetched(here()), "to the end");
}

TEST_F(HttpFetchTest, LooksUpNames) {
  server_.answer = AnsweringServer::ok("here");
  EXPECT_EQ(fetched({{"localhost", server_.port()}, "/"}), "here");
  EXPECT_THAT(fetched({{"no.such.host.invalid", 1}, "/"}, {3s, 1000}),
              StartsWith("!no.such.host.invalid:1 "));
}

TEST_F(HttpFetchTest, TakesNothingButOkForAnAnswer) {
  server_.answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno";
  EXPECT_EQ(fetched(here()), at() + "answered 404");
  server_.answer = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(fetched(here()), at() + "answered 302, and redirects are not followed");
  EXPECT_EQ(server_.asked.size(), 2u);
}

TEST_F(HttpFetchTest, EndsWithItsTime) {
  server_.answer.clear();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(fetched(here(), {200ms, 1000}), at() + "did not answer within 200 ms");
  EXPECT_GE(std::chrono::steady_clock::now() - began, 200ms);
  server_.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
  EXPECT_THAT(fetched(here(), {2s, 1000}), HasSubstr("closed the connection before"));
}

TEST_F(HttpFetchTest, EndsWithItsBodysBound) {
  server_.answer = AnsweringServer::ok(std::string(1001, 'x'));
  EXPECT_EQ(fetched(here()), at() + "answered more than 1000 bytes");
  server_.answer = "HTTP/1.0 200 OK\r\n\r\n" + std::string(100'000, 'x');
  EXPECT_EQ(fetched(here()), at() + "answered more than 1000 bytes");
  server_.answer = AnsweringServer::ok(std::string(1000, 'x'));
  EXPECT_EQ(fetched(here()).size(), 1000u);
  server_.answer = "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x');
  EXPECT_THAT(fetched(here()), StartsWith(at() + "did not speak HTTP"));
}

TEST_F(HttpFetchTest, EndsWithALineThatHasNoEnd) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  server_.answer = head + "3;" + std::string(100'000, 'x');
  EXPECT_EQ(fetched(here()), at() + "sent a line without end");
  server_.answer = head + "0\r\nX: " + std::string(100'000, 'x');
  EXPECT_EQ(fetched(here()), at() + "sent a line without end");
  server_.answer = head + "3;" + std::string(30'000, 'x') + "\r\nabc\r\n0\r\n\r\n";
  EXPECT_EQ(fetched(here()), "abc");
}

TEST_F(HttpFetchTest, TellsWhoSpeaksNoHttpAndWhoIsNotThere) {
  server_.answer = "SSH-2.0-OpenSSH\r\n";
  EXPECT_THAT(fetched(here()), StartsWith(at() + "did not speak HTTP"));
  std::uint16_t gone = 0;
  {
    AnsweringServer closed(io_);
    gone = closed.port();
  }
  EXPECT_THAT(fetched({{"127.0.0.1", gone}, "/"}),
              HasSubstr("cannot be reached: Connection refused"));
}

TEST_F(HttpFetchTest, CallsNobodyOnceItIsDropped) {
  bool called = false;
  auto fetch = std::make_unique<HttpFetch>(io_, here(), "", HttpFetch::Bounds{10s, 1000},
                                           [&](const Result<std::string>&) { called = true; });
  ASSERT_TRUE(run_until(io_, [&] { return !server_.asked.empty(); }));
  fetch.reset();
  EXPECT_FALSE(run_until(
      io_, [&] { return called; }, 100ms));
}

}  // namespace
}  // namespace foretide
