// HTTP/2's fields by themselves: which requests are malformed, what head the good ones become, and
// how an answer is taken apart again.
#include <gmock/gmock.h>

#include <array>

#include "balancer/core/event_budget.hpp"
#include "balancer/h2/request_fields.hpp"
#include "balancer/h2/response_reader.hpp"

namespace foretide::balancer::h2 {
namespace {

using testing::ElementsAre;
using List = std::vector<std::pair<std::string, std::string>>;

class Heads : public testing::Test {
 protected:
  RequestFields read(const List& fields, RequestFields::Body body = RequestFields::Body::kNone) {
    RequestFields request(HeadWriter(memory_.data(), memory_.size()));
    for (const auto& [name, value] : fields) request.take(name, value);
    request.finish(body);
    return request;
  }
  // A GET with these fields in place of, or behind, the usual ones.
  bool good(const List& fields) { return !read(fields).malformed(); }
  static List with(const List& more) {
    List all{{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static List without(const std::string& name, const List& more = {}) {
    List all = with(more);
    std::erase_if(all, [&](const auto& field) { return field.first == name; });
    return all;
  }

 private:
  std::array<char, 15 * 1024> memory_{};
};

TEST_F(Heads, AreThoseOfHttp1) {
  const auto request = read(with({{"accept", "*/*"}, {"x-empty", ""}}));
  EXPECT_FALSE(request.malformed());
  EXPECT_EQ(request.head(), "GET / HTTP/1.1\r\nHost: a\r\naccept: */*\r\nx-empty: \r\n\r\n");
}

TEST_F(Heads, SayThatABodyFollows) {
  EXPECT_EQ(read(with({}), RequestFields::Body::kFollows).head(),
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const auto request = read(with({{"content-length", "3"}}), RequestFields::Body::kFollows);
  EXPECT_TRUE(request.has_length());
  EXPECT_EQ(request.head(), "GET / HTTP/1.1\r\nHost: a\r\ncontent-length: 3\r\n\r\n");
}

TEST_F(Heads, JoinTheCrumbsOfACookie) {
  EXPECT_EQ(read(with({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}})).head(),
            "GET / HTTP/1.1\r\nHost: a\r\nx: y\r\nCookie: a=1; b=2\r\n\r\n");
}

TEST_F(Heads, TakeTheHostFromEither) {
  EXPECT_EQ(read(without(":authority", {{"host", "b"}})).head(),
            "GET / HTTP/1.1\r\nHost: b\r\n\r\n");
  EXPECT_EQ(read(with({{"host", "a"}})).head(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(good(with({{"host", "b"}}))) << "they disagree";
  EXPECT_FALSE(good(without(":authority", {{"host", "b"}, {"host", "b"}})));
}

TEST_F(Heads, DropTe) {
  EXPECT_EQ(read(with({{"te", "trailers"}})).head(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(good(with({{"te", "gzip"}})));
  EXPECT_FALSE(good(with({{"te", "trailers, gzip"}})));
}

// RFC 9113 section 8.3: each once, known, in front, and none missing.
TEST_F(Heads, AreMalformedWithoutTheirPseudoFields) {
  EXPECT_TRUE(good(with({})));
  for (const char* name : {":method", ":scheme", ":path"})
    EXPECT_FALSE(good(without(name))) << name;
  for (const char* name : {":method", ":scheme", ":path", ":authority"}) {
    List twice = with({});
    twice.insert(twice.begin(), {name, name == std::string(":method") ? "GET" : "a"});
    EXPECT_FALSE(good(twice)) << name << " twice";
    List behind = without(name, {{"x", "y"}});
    behind.emplace_back(name, name == std::string(":path") ? "/" : "http");
    EXPECT_FALSE(good(behind)) << name << " behind";
  }
  EXPECT_FALSE(good({{":method", ""}, {":scheme", "https"}, {":path", "/"}}));
  EXPECT_FALSE(good({{":status", "200"}}));
  EXPECT_FALSE(good({{":protocol", "websocket"}, {":method", "CONNECT"}}));
  EXPECT_FALSE(good({}));
}

TEST_F(Heads, AreMalformedByWhatAnotherFormCouldNotCarry) {
  const auto path = [&](const std::string& value) {
    return good({{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", value}});
  };
  EXPECT_TRUE(path("/a?b=c"));
  for (const char* value : {"", "a", "*", "http://b/", "/a b", "/a\r\nX: y", "/a\tb", "/\x7f"}) {
    EXPECT_FALSE(path(value)) << value;
  }
  const auto method = [&](const std::string& value) {
    return good({{":method", value}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}});
  };
  EXPECT_TRUE(method("PROPFIND"));
  for (const char* value : {"GET /x HTTP/1.1\r\nX: y\r\n", "G ET", "(GET)"}) {
    EXPECT_FALSE(method(value)) << value;
  }
  const auto authority = [&](const std::string& value) {
    return good({{":method", "GET"}, {":scheme", "https"}, {":authority", value}, {":path", "/"}});
  };
  EXPECT_TRUE(authority("a.example:8443"));
  for (const char* value : {"a b", "user@a", "a/b", "a\r\nX: y"}) EXPECT_FALSE(authority(value));
  EXPECT_FALSE(good({{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}}));
  EXPECT_TRUE(
      good({{":method", "OPTIONS"}, {":scheme", "https"}, {":authority", "a"}, {":path", "*"}}));
}

TEST_F(Heads, AreMalformedByTheirFields) {
  EXPECT_TRUE(good(with({{"x-y_z.1", "a b\tc"}})));
  for (const char* name : {"X-Upper", "x y", "x:", "", "x\r\n", "connection", "keep-alive",
                           "proxy-connection", "transfer-encoding", "upgrade"}) {
    EXPECT_FALSE(good(with({{name, "a"}}))) << name;
  }
  for (const char* value : {" a", "a ", "\ta", "a\r\nb: c", "a\nb", "a\x01"}) {
    EXPECT_FALSE(good(with({{"x", value}}))) << value;
  }
  EXPECT_FALSE(good(with({{"x", std::string("a\0b", 3)}})));
}

TEST_F(Heads, OfConnectArePassedOnToBeRefused) {
  EXPECT_EQ(read({{":method", "CONNECT"}, {":authority", "a:443"}}).head(),
            "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
  EXPECT_FALSE(good({{":method", "CONNECT"}, {":authority", "a:443"}, {":path", "/"}}));
  EXPECT_FALSE(good({{":method", "CONNECT"}}));
}

TEST_F(Heads, BeyondTheirLimitAreRefused) {
  List many = with({});
  for (int i = 0; i < 200; ++i) many.emplace_back("x-" + std::to_string(i), std::string(100, 'x'));
  EXPECT_EQ(read(many).refused(), 431);
  EXPECT_EQ(read(with({{"cookie", std::string(20'000, 'c')}})).refused(), 431);
  List crumbs = with({});
  for (int i = 0; i < 2000; ++i) crumbs.emplace_back("cookie", "aaaaaaaaaaaaaaaa");
  EXPECT_EQ(read(crumbs).refused(), 431);
  EXPECT_EQ(
      read({{":method", "GET"}, {":scheme", "https"}, {":path", "/" + std::string(9000, 'p')}})
          .refused(),
      414);
}

// ---- answers ----

struct Read {
  std::vector<int> statuses;
  std::vector<std::string> names;
  std::string content;
  bool has_body = false;
};

// In pieces of `size` bytes.
Read read_answer(std::string text, std::size_t size, ResponseReader& reader) {
  Read read;
  for (std::size_t at = 0; at < text.size();) {
    const std::span<char> bytes{text.data() + at, std::min(size, text.size() - at)};
    const auto piece = reader.take(bytes);
    if (piece.head != nullptr) {
      read.statuses.push_back(piece.head->status);
      for (const auto& [name, value] : piece.head->fields) {
        read.names.push_back(name + "=" + std::string(value));
      }
      read.has_body = piece.head->has_body;
    }
    read.content.append(bytes.data(), piece.content);
    if (piece.used == 0) break;
    at += piece.used;
  }
  return read;
}

TEST(Answers, AreTakenApartInWhateverPiecesTheyCome) {
  const std::string answer =
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nX-A: b c\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
      "Keep-Alive: timeout=5\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, answer.size()}) {
    ResponseReader reader;
    const Read read = read_answer(answer, size, reader);
    EXPECT_THAT(read.statuses, ElementsAre(103, 200)) << size;
    EXPECT_THAT(read.names, ElementsAre("link=</a>", "x-a=b c")) << size;
    EXPECT_EQ(read.content, "abcde") << size;
    EXPECT_TRUE(reader.ended()) << size;
  }
}

TEST(Answers, KeepTheirLength) {
  ResponseReader reader;
  const Read read = read_answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", 100, reader);
  EXPECT_THAT(read.names, ElementsAre("content-length=4"));
  EXPECT_EQ(read.content, "abc");
  EXPECT_TRUE(read.has_body);
  EXPECT_FALSE(reader.ended());
}

TEST(Answers, MayHaveNoBody) {
  for (const char* head : {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    ResponseReader reader;
    EXPECT_FALSE(read_answer(head, 100, reader).has_body) << head;
    EXPECT_TRUE(reader.ended()) << head;
  }
  ResponseReader to_head(ResponseReader::To::kHead);
  const Read read = read_answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 100, to_head);
  EXPECT_THAT(read.names, ElementsAre("content-length=9"));
  EXPECT_FALSE(read.has_body);
  EXPECT_TRUE(to_head.ended());
}

TEST(EventBudgets, FillAgainWithTime) {
  const Instant start{std::chrono::hours(1)};
  EventBudget budget({.at_once = 3, .per_second = 2}, start);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.spend(start));
  EXPECT_FALSE(budget.spend(start));
  EXPECT_FALSE(budget.spend(start + std::chrono::milliseconds(400)));
  EXPECT_TRUE(budget.spend(start + std::chrono::milliseconds(600)));
  EXPECT_FALSE(budget.spend(start + std::chrono::milliseconds(600)));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.spend(start + std::chrono::hours(1)));
  EXPECT_FALSE(budget.spend(start + std::chrono::hours(1))) << "it does not overflow";
}

}  // namespace
}  // namespace foretide::balancer::h2
