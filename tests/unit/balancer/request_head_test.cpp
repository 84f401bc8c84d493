#include "balancer/http/request_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "balancer/http/head_scan.hpp"

namespace foretide::balancer {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Read {
  RequestHead head;
  std::string written;
};

// Keeps the bytes that the head's views point into.
class RequestHeads : public testing::Test {
 protected:
  Read read(std::string bytes) {
    bytes_ = std::move(bytes);
    HeadWriter out(memory_.data(), memory_.size());
    Read read;
    read.head = parse_request_head(bytes_, client_, kDrawn, out);
    if (read.head.refused == 0) end_request_head(read.head, {"10.0.0.9", 9000}, out);
    read.written = std::string(out.text());
    return read;
  }
  int refusal_of(const std::string& bytes) { return read(bytes).head.refused; }
  static std::string get(const std::string& fields) {
    return "GET /x?y=1 HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n";
  }

  static constexpr DrawnIds kDrawn{0x1111111111111111, 0x2222222222222223, 0x3333333333333333};
  ClientSide client_{.address = "10.1.2.3"};
  std::string bytes_;
  std::array<char, 16 * 1024> memory_{};
};

TEST_F(RequestHeads, NominateAtMostSoManyFields) {
  std::string names = "n1", fields;
  for (std::size_t i = 2; i <= kNominatedMax; ++i) names += ", n" + std::to_string(i);
  for (std::size_t i = 1; i <= kNominatedMax; ++i) fields += "N" + std::to_string(i) + ": y\r\n";
  const auto most = read(get("Connection: close, " + names + "\r\n" + fields + "Kept: y\r\n"));
  EXPECT_EQ(most.head.refused, 0);
  EXPECT_THAT(most.written, Not(HasSubstr("\r\nN")));
  EXPECT_THAT(most.written, HasSubstr("Kept: y\r\n"));
  EXPECT_EQ(refusal_of(get("Connection: " + names + "\r\nConnection: one-more\r\n")), 400);
}

// What is added to a head must not fill the room that the worker's Host needs.
TEST_F(RequestHeads, ThatLeaveNoRoomForTheEndAreRefused) {
  const std::string subject = "CN=" + std::string(900, 's'), host(kHostMax, 'h');
  client_.certified = true;
  client_.certificate_subject = subject;
  int accepted = 0, refused = 0;
  for (std::size_t pad = kHeadMax - 2500; pad < kHeadMax - 400; ++pad) {
    bytes_ = "GET / HTTP/1.1\r\nHost: " + host + "\r\nX-P: " + std::string(pad, 'p') + "\r\n\r\n";
    HeadWriter out(memory_.data(), memory_.size());
    const RequestHead head = parse_request_head(bytes_, client_, kDrawn, out);
    ++(head.refused == 0 ? accepted : refused);
    if (head.refused != 0) continue;
    end_request_head(head, {"10.0.0.9", 9000}, out);
    ASSERT_FALSE(out.overflow()) << bytes_.size();
  }
  EXPECT_GT(accepted, 0);
  EXPECT_GT(refused, 0);
}

TEST_F(RequestHeads, AreWrittenAnewForTheUpstream) {
  const auto [head, written] = read(get("Accept: */*\r\n"));
  EXPECT_EQ(head.refused, 0);
  EXPECT_EQ(head.target, "/x?y=1");
  EXPECT_EQ(head.host, "a.example");
  EXPECT_TRUE(head.idempotent);
  EXPECT_FALSE(head.close);
  EXPECT_EQ(written,
            "GET /x?y=1 HTTP/1.1\r\nAccept: */*\r\nX-Forwarded-For: 10.1.2.3\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a.example\r\n"
            "Forwarded: for=10.1.2.3;proto=http;host=\"a.example\"\r\n"
            "traceparent: 00-11111111111111112222222222222223-3333333333333333-00\r\n"
            "X-Request-Id: 11111111111111112222222222222223\r\nVia: 1.1 foretide\r\n"
            "Host: a.example\r\n\r\n");
}

TEST_F(RequestHeads, SayWhereTheyCameFromAndBelieveNoStrangerInIt) {
  const std::string fields =
      "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
      "X-Forwarded-Port: 1\r\nForwarded: for=evil\r\nX-Forwardedish: kept\r\n";
  const auto written = read(get(fields)).written;
  EXPECT_THAT(written, HasSubstr("X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: http\r\n"));
  EXPECT_THAT(written, Not(HasSubstr("evil")));
  EXPECT_THAT(written, Not(HasSubstr("X-Forwarded-Port")));
  EXPECT_THAT(written, HasSubstr("X-Forwardedish: kept\r\n"));

  client_.address = "2001:db8::1";
  EXPECT_THAT(read(get("")).written,
              HasSubstr("Forwarded: for=\"[2001:db8::1]\";proto=http;host=\"a.example\"\r\n"));
  client_.address = "";
  const auto unknown = read(get("")).written;
  EXPECT_THAT(unknown, HasSubstr("Forwarded: for=unknown;"));
  EXPECT_THAT(unknown, Not(HasSubstr("X-Forwarded-For")));
}

TEST_F(RequestHeads, AppendToWhatATrustedPeerSaysOfTheWay) {
  client_.trust = Trust::kTrusted;
  const auto written = read(get("X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nx-forwarded-for: 3.3.3.3\r\n"
                                "X-Forwarded-Proto: https\r\nX-Forwarded-Host: b.example\r\n"
                                "Forwarded: for=1.1.1.1\r\nForwarded: for=2.2.2.2\r\n"
                                "X-Forwarded-Port: 443\r\nVia: 1.0 other\r\n"))
                           .written;
  EXPECT_THAT(written, HasSubstr("X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 10.1.2.3\r\n"));
  EXPECT_THAT(written, HasSubstr("X-Forwarded-Proto: https\r\nX-Forwarded-Host: b.example\r\n"));
  EXPECT_THAT(written, HasSubstr("Forwarded: for=1.1.1.1, for=2.2.2.2, for=10.1.2.3;proto=http;"));
  EXPECT_THAT(written, HasSubstr("X-Forwarded-Port: 443\r\n"));
  EXPECT_THAT(written, HasSubstr("Via: 1.0 other\r\nX-Forwarded"));
  std::string many;
  for (int i = 0; i < 9; ++i) many += "Forwarded: for=_x\r\n";
  EXPECT_EQ(refusal_of(get(many)), 431);
}

TEST_F(RequestHeads, DropWhatAWorkerCouldTakeForAFieldOfOurs) {
  const auto written = read(get("X_Forwarded_For: 127.0.0.1\r\nx_request_id: evil\r\n"
                                "X-SSL_Client-S-DN: CN=root\r\nContent_Length: 5\r\n"
                                "trace_parent: kept\r\nmy_own: kept\r\n"))
                           .written;
  EXPECT_THAT(written, Not(HasSubstr("127.0.0.1")));
  EXPECT_THAT(written, Not(HasSubstr("evil")));
  EXPECT_THAT(written, Not(HasSubstr("CN=root")));
  EXPECT_THAT(written, Not(HasSubstr("ontent")));
  EXPECT_THAT(written, HasSubstr("trace_parent: kept\r\nmy_own: kept\r\n"));
}

TEST_F(RequestHeads, AreSecureWhenATrustedPeerSaysSo) {
  EXPECT_FALSE(read(get("X-Forwarded-Proto: https\r\n")).head.is_secure);
  client_.trust = Trust::kTrusted;
  EXPECT_TRUE(read(get("X-Forwarded-Proto: https\r\n")).head.is_secure);
  EXPECT_FALSE(read(get("X-Forwarded-Proto: http\r\n")).head.is_secure);
}

TEST_F(RequestHeads, KeepTheIdsThatTheyCameWith) {
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto written = read(get("TraceParent: " + parent + "\r\ntracestate: a=b\r\n" +
                                "x-request-id: Abc-1.2_3\r\n"))
                           .written;
  EXPECT_THAT(written, HasSubstr("traceparent: " + parent + "\r\ntracestate: a=b\r\n"));
  EXPECT_THAT(written, HasSubstr("X-Request-Id: Abc-1.2_3\r\n"));
}

TEST_F(RequestHeads, BeginATraceWhereTheirsIsNone) {
  const std::string begun = "traceparent: 00-11111111111111112222222222222223-3333333333333333-00";
  for (const char* parent : {"", "00", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                             "00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                             "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                             "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more"}) {
    const auto written =
        read(get("traceparent: " + std::string(parent) + "\r\ntracestate: a=b\r\n")).written;
    EXPECT_THAT(written, HasSubstr(begun)) << parent;
    EXPECT_THAT(written, Not(HasSubstr("tracestate"))) << parent;
  }
  const std::string good =
      "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
  EXPECT_THAT(read(get(good + good)).written, HasSubstr(begun));
  EXPECT_THAT(read(get("traceparent: none\r\n" + good)).written, HasSubstr(begun));
  EXPECT_THAT(read(get("X-Request-Id: a b\r\n")).written,
              HasSubstr("X-Request-Id: 11111111111111112222222222222223\r\n"));
}

TEST_F(RequestHeads, OfferAnUpgradeToOneProtocolWithoutABody) {
  const auto [head, written] =
      read(get("Upgrade: websocket\r\nConnection: Upgrade, X-A\r\nX-A: 1\r\n"));
  EXPECT_EQ(head.upgrade, "websocket");
  EXPECT_THAT(written, HasSubstr("\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(written, Not(HasSubstr("X-A")));
  for (const char* fields :
       {"Upgrade: websocket\r\n", "Connection: upgrade\r\n",
        "Upgrade: websocket, other\r\nConnection: upgrade\r\n",
        "Upgrade: a\r\nUpgrade: b\r\nConnection: upgrade\r\n",
        "Upgrade: h2c\r\nConnection: upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n",
        "Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 3\r\n"}) {
    const auto plain = read(get(fields));
    EXPECT_EQ(plain.head.refused, 0) << fields;
    EXPECT_TRUE(plain.head.upgrade.empty()) << fields;
    EXPECT_THAT(plain.written, Not(HasSubstr("pgrade"))) << fields;
    EXPECT_THAT(plain.written, Not(HasSubstr("HTTP2"))) << fields;
  }
  EXPECT_TRUE(read("GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
                  .head.upgrade.empty());
}

TEST_F(RequestHeads, DropWhatConcernsOneConnectionOnly) {
  const auto [head, written] =
      read(get("X-Before: 1\r\nConnection: keep-alive, X-Before, X-After\r\nX-After: 2\r\n"
               "Keep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\nTrailer: A\r\n"
               "Upgrade: websocket\r\nConnection: X-Third, close, host\r\nX-Third: 3\r\n"
               "X-Kept: 4\r\n"));
  EXPECT_EQ(head.refused, 0);
  EXPECT_TRUE(head.close);
  for (const char* gone : {"X-Before", "X-After", "X-Third", "Keep-Alive", "Proxy-",
                           "TE:", "Trailer", "Upgrade", "Connection"}) {
    EXPECT_THAT(written, Not(HasSubstr(gone)));
  }
  EXPECT_THAT(written, HasSubstr("X-Kept: 4\r\n"));
  EXPECT_THAT(written, HasSubstr("\r\nHost: a.example\r\n"));
}

TEST_F(RequestHeads, KeepFramingThatASenderNominates) {
  const auto written =
      read("POST / HTTP/1.1\r\nHost: a\r\nConnection: content-length\r\nContent-Length: 3\r\n\r\n")
          .written;
  EXPECT_THAT(written, HasSubstr("Content-Length: 3\r\n"));
}

TEST_F(RequestHeads, TakeAnAbsoluteTargetApart) {
  const auto [head, written] =
      read("GET http://b.example:81?q HTTP/1.1\r\nHost: a.example\r\n\r\n");
  EXPECT_EQ(head.host, "b.example:81");
  EXPECT_THAT(written, HasSubstr("GET /?q HTTP/1.1\r\n"));
  EXPECT_THAT(written, HasSubstr("\r\nHost: b.example:81\r\n"));
  EXPECT_THAT(read("OPTIONS http://b HTTP/1.1\r\nHost: b\r\n\r\n").written,
              HasSubstr("OPTIONS * HTTP/1.1\r\n"));
}

TEST_F(RequestHeads, OfHttp10GetAHostAndClose) {
  const auto [head, written] = read("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(head.refused, 0);
  EXPECT_TRUE(head.http_10);
  EXPECT_TRUE(head.close);
  EXPECT_THAT(written, HasSubstr("GET / HTTP/1.1\r\n"));
  EXPECT_THAT(written, HasSubstr("\r\nHost: 10.0.0.9:9000\r\n"));
  EXPECT_THAT(written, HasSubstr("Via: 1.0 foretide"));
  EXPECT_THAT(written, Not(HasSubstr("Expect")));
}

TEST_F(RequestHeads, CountMaxForwardsDownOnOptions) {
  EXPECT_TRUE(read("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n").head.answer_here);
  EXPECT_THAT(read("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5\r\n\r\n").written,
              HasSubstr("Max-Forwards: 4\r\n"));
  EXPECT_EQ(refusal_of("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: x\r\n\r\n"), 400);
  EXPECT_FALSE(read(get("Max-Forwards: 0\r\n")).head.answer_here);
}

TEST_F(RequestHeads, AreRefusedWhenTheirFramingIsNotPlain) {
  for (const char* fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                             "Content-Length: 5\r\nContent-Length: 5\r\n",
                             "Content-Length: 5, 5\r\n",
                             "Content-Length: +5\r\n",
                             "Content-Length: -5\r\n",
                             "Content-Length: 5a\r\n",
                             "Content-Length:\r\n",
                             "Content-Length: 0x5\r\n",
                             "Content-Length: 99999999999999999999999\r\n",
                             "Transfer-Encoding: gzip\r\n",
                             "Transfer-Encoding: chunked, gzip\r\n",
                             "Transfer-Encoding: gzip, chunked\r\n",
                             "Transfer-Encoding: chunked, chunked\r\n",
                             "Transfer-Encoding: identity\r\n",
                             "Transfer-Encoding: xchunked\r\n",
                             "Transfer-Encoding: chunked;q=0.5\r\n",
                             "Transfer-Encoding:\r\n",
                             "Transfer-Encoding: \"chunked\"\r\n",
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: identity\r\nContent-Length: 5\r\n",
                             "Transfer-Encoding : chunked\r\n",
                             "Transfer-Encoding: chunked\x0b\r\n"}) {
    EXPECT_EQ(refusal_of(get(fields)), 400) << fields;
  }
  EXPECT_EQ(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST_F(RequestHeads, AreRefusedForTheirHost) {
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  for (const char* host : {"a b", "a/b", "a@b", "a:x", "a:99999", ":80", "[::1", "[x]", "a,b c",
                           "<a>", "a%zz", "\"a\"", "a\\b", "a?b"}) {
    EXPECT_EQ(refusal_of(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n"), 400) << host;
  }
  for (const char* host : {"a", "a:80", "a:", "[::1]", "[::1]:8080", "10.0.0.1", "", "a_b.c~d"}) {
    EXPECT_EQ(refusal_of(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n"), 0) << host;
  }
}

TEST_F(RequestHeads, AreRefusedForTheirTarget) {
  for (const char* line : {"GET * HTTP/1.1",
                           "GET foo HTTP/1.1",
                           "GET host:443 HTTP/1.1",
                           "GET ftp://a/ HTTP/1.1",
                           "GET http:///x HTTP/1.1",
                           "GET http://u@a/ HTTP/1.1",
                           "GET /a#b HTTP/1.1",
                           "GET /\xc3\xa4 HTTP/1.1",
                           "GET  / HTTP/1.1",
                           "GET /a b HTTP/1.1",
                           "GET /\x7f HTTP/1.1",
                           "GET / HTTP/1.1 ",
                           "GET /",
                           "GET",
                           "",
                           " GET / HTTP/1.1",
                           "G@T / HTTP/1.1",
                           "GET / http/1.1",
                           "GET / HTTP/1.",
                           "GET / HTTP/x.y",
                           "GET / HTTPS/1.1"}) {
    EXPECT_EQ(refusal_of(std::string(line) + "\r\nHost: a\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(refusal_of("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
  EXPECT_EQ(refusal_of("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
}

TEST_F(RequestHeads, AreRefusedForMalformedFields) {
  for (const char* fields :
       {"Name\r\n", ": value\r\n", "Na me: x\r\n", "Name : x\r\n", "N\xc3\xa4me: x\r\n",
        "Name: a\rb\r\n", "Name(x): 1\r\n", "Name: \x01\r\n", "Connection: \"\r\n"}) {
    EXPECT_EQ(refusal_of(get(fields)), 400) << fields;
  }
  EXPECT_EQ(refusal_of(get(std::string("Name: a\0b\r\n", 11))), 400);
}

TEST_F(RequestHeads, AreBounded) {
  std::string fields;
  for (std::size_t i = 0; i < kFieldsMax - 1; ++i) fields += "X: 1\r\n";
  EXPECT_EQ(refusal_of(get(fields)), 0);
  EXPECT_EQ(refusal_of(get(fields + "X: 1\r\n")), 431);
  EXPECT_EQ(
      refusal_of("GET /" + std::string(kRequestLineMax, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"),
      414);
  // The largest head that is let in leaves room for everything that is added.
  client_.trust = Trust::kTrusted;
  client_.address = "2001:db8:1111:2222:3333:4444:5555:6666";
  const std::string host(255, 'h');
  std::string largest = "GET / HTTP/1.1\r\nHost: " + host + "\r\n";
  for (int i = 0; i < 8; ++i) largest += "X-Forwarded-For:1\r\n";
  for (int i = 0; i < 88; ++i) largest += "A:1\r\n";
  largest += "B:" + std::string(kHeadMax - largest.size() - 6, 'b') + "\r\n\r\n";
  ASSERT_EQ(largest.size(), kHeadMax);
  EXPECT_EQ(refusal_of(largest), 0);
}

// A seeded storm of damaged heads: each is either refused or written as a head that reads back.
TEST_F(RequestHeads, SurviveMutationsAndNeverWriteWhatCannotBeRead) {
  std::mt19937 random(20261123);
  const std::string seed =
      "POST /a/b?c=d HTTP/1.1\r\nHost: a.example:80\r\nContent-Length: 12\r\nConnection: X-A\r\n"
      "X-A: 1\r\nTransfer-Encoding: chunked\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n";
  const std::string letters(":,; \t\r\n\0aHx0159chunked/%[]", 26);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = seed;
    if (random() % 2) bytes.erase(bytes.find("Transfer"), 28);
    for (auto count = 1 + random() % 4; count > 0; --count) {
      const auto at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = letters[random() % letters.size()];
          break;
        case 1:
          bytes.erase(at, 1 + random() % 5);
          break;
        default:
          bytes.insert(at, 1, letters[random() % letters.size()]);
      }
    }
    HeadScan scan;
    if (scan.scan(bytes) != HeadScan::Found::kEnd) continue;
    bytes.resize(scan.size());
    const auto [head, written] = read(bytes);
    if (head.refused != 0) continue;
    HeadScan again;
    ASSERT_EQ(again.scan(written), HeadScan::Found::kEnd) << bytes;
    ASSERT_EQ(again.size(), written.size()) << bytes;
    const bool length = written.find("\r\nContent-Length: ") != std::string::npos;
    const bool chunked = written.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos;
    ASSERT_FALSE(length && chunked) << bytes;
  }
}

TEST_F(RequestHeads, EndAtTheirEmptyLineWhateverStandsBehind) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-one\r\nX-One: 1\r\n\r\n";
  const auto read = this->read(head + "Connection: x-two\r\nX-Two: 2\r\n\r\n");
  EXPECT_EQ(read.head.refused, 0);
  EXPECT_EQ(read.head.size, head.size());
  EXPECT_EQ(read.head.fields, "Host: a\r\nConnection: x-one\r\nX-One: 1\r\n");
  EXPECT_THAT(read.written, Not(HasSubstr("X-One")));
  EXPECT_THAT(read.written, Not(HasSubstr("X-Two")));
}

TEST(HeadScan, GoesOnWhereItStopped) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t size = 0; size < head.size(); ++size) {
    HeadScan scan;
    EXPECT_EQ(scan.scan(head.substr(0, size)), HeadScan::Found::kMore);
    EXPECT_EQ(scan.scan(head + "next"), HeadScan::Found::kEnd);
    EXPECT_EQ(scan.size(), head.size());
  }
}

TEST(HeadScan, RefusesBareLineFeedsAndFolds) {
  for (const char* bytes :
       {"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n", "\n"}) {
    EXPECT_EQ(HeadScan().scan(bytes), HeadScan::Found::kMalformed) << bytes;
  }
  EXPECT_EQ(empty_lines_before("\r\n\r\nGET"), 4u);
  EXPECT_EQ(empty_lines_before("GET"), 0u);
}

}  // namespace
}  // namespace foretide::balancer
