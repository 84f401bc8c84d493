// The request path between a client and a worker that the tests play themselves: relaying, framing,
// reuse.
#include <gmock/gmock.h>

#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ProxyTest : public testing::Test {
 protected:
  ProxyTest() { proxy.apply({endpoint_at("a", worker.address())}); }

  RawServer worker;
  Proxy proxy;
};

TEST_F(ProxyTest, RelaysAndKeepsBothConnections) {
  auto client = proxy.client();
  client.send(get("/1"));
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_message(), StartsWith("GET /1 HTTP/1.1\r\n"));
  upstream.send(ok("one"));
  EXPECT_EQ(client.receive_message(), "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 3\r\n\r\none");
  client.send(get("/2"));
  EXPECT_THAT(upstream.receive_message(), StartsWith("GET /2 HTTP/1.1\r\n"));
  upstream.send(ok("two"));
  EXPECT_THAT(client.receive_message(), EndsWith("\r\n\r\ntwo"));
  EXPECT_TRUE(proxy.wait_until([](const auto& t) { return t.completed_total == 2; }));
}

TEST_F(ProxyTest, ServesPipelinedRequestsInOrder) {
  auto client = proxy.client();
  client.send(get("/1") + "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" +
              get("/3", "Connection: close\r\n"));
  auto upstream = worker.accept();
  for (const char* path : {"/1", "/2", "/3"}) {
    EXPECT_THAT(upstream.receive_message(), HasSubstr(path));
    EXPECT_TRUE(upstream.stays_silent());
    upstream.send(ok(path));
  }
  const auto answers = client.receive_all();
  EXPECT_THAT(answers, HasSubstr("\r\n\r\n/1HTTP/1.1 200"));
  EXPECT_THAT(answers, HasSubstr("\r\n\r\n/2HTTP/1.1 200"));
  EXPECT_THAT(answers, HasSubstr("Connection: close\r\n\r\n/3"));
}

TEST_F(ProxyTest, TakesAHeadThatDribblesIn) {
  auto client = proxy.client();
  for (const char c : "\r\n" + get("/slow")) client.send({&c, 1});
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_message(), StartsWith("GET /slow HTTP/1.1\r\n"));
  for (const char c : ok("dribble")) upstream.send({&c, 1});
  EXPECT_THAT(client.receive_message(), EndsWith("dribble"));
}

TEST_F(ProxyTest, RelaysChunksAnewBothWays) {
  auto client = proxy.client();
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\n2\r\nde\r\n");
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_until("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(upstream.receive_until("abcde\r\n"), "5\r\nabcde\r\n");
  client.send("1\r\nf\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_EQ(upstream.receive_until("0\r\n\r\n"), "1\r\nf\r\n0\r\n\r\n");
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
  EXPECT_THAT(client.receive_until("hi\r\n"), EndsWith("\r\n\r\n2\r\nhi\r\n"));
  upstream.send("0\r\nX: y\r\n\r\n");
  EXPECT_EQ(client.receive_until("0\r\n\r\n"), "0\r\n\r\n");
  client.send(get("/next"));
  EXPECT_THAT(upstream.receive_message(), StartsWith("GET /next")) << "the connection is in step";
}

TEST_F(ProxyTest, ChunksWhatEndsWithTheConnection) {
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\n\r\nall");
  EXPECT_THAT(client.receive_until("all\r\n"), EndsWith("\r\n\r\n3\r\nall\r\n"));
  upstream.close();
  EXPECT_EQ(client.receive_until("0\r\n\r\n"), "0\r\n\r\n");
  client.send(get());
  EXPECT_TRUE(worker.accept().is_open()) << "on another connection";
}

// A client is woken once for a small answer, whatever its framing.
TEST_F(ProxyTest, SendsTheFirstPieceOfABodyWithItsHead) {
  const std::string large(6000, 'x');
  for (const std::string& answer :
       {ok("small"), ok(large),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1770\r\n" + large +
            "\r\n0\r\n\r\n"}) {
    auto client = proxy.client();
    client.send(get("/", "Connection: close\r\n"));
    auto upstream = worker.accept();
    upstream.receive_message();
    upstream.send(answer);
    upstream.close();
    client.receive_until(answer.substr(answer.size() - 5));
    EXPECT_EQ(client.segments(), 1u) << answer.substr(0, 60);
  }
}

// The kernel may wait with a packet that is not full for as long as 200 ms when it is told that
// more follows. A piece as large as a block looks like that, and nothing follows it.
TEST_F(ProxyTest, HoldsNothingBackWhenMoreDoesNotFollow) {
  constexpr int kPieces = 100;
  const std::string piece(kBlockSize, 'x');
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  const auto began = std::chrono::steady_clock::now();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: " +
                std::to_string(kPieces * piece.size()) + "\r\n\r\n");
  client.receive_until("\r\n\r\n");
  for (int i = 0; i < kPieces; ++i) {
    upstream.send(piece);
    ASSERT_EQ(client.receive(piece.size()).size(), piece.size());
  }
  // Held back each time it would be 20 s.
  EXPECT_LT(std::chrono::steady_clock::now() - began, kPatience);
}

TEST_F(ProxyTest, ServesHttp10WithoutChunksAndCloses) {
  auto client = proxy.client();
  client.send("GET / HTTP/1.0\r\n\r\n");
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_message(), HasSubstr("Host: " + worker.address().text()));
  upstream.send(
      "HTTP/1.1 103 Early\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
  const auto answer = client.receive_all();
  EXPECT_THAT(answer, EndsWith("Connection: close\r\n\r\nhi"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200")) << "no interim response";
}

TEST_F(ProxyTest, KnowsWhichAnswersHaveNoBody) {
  auto client = proxy.client();
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_THAT(client.receive_until("\r\n\r\n"), HasSubstr("Content-Length: 1000\r\n"));
  for (const char* status : {"204 None", "304 Same"}) {
    client.send(get());
    upstream.receive_message();
    upstream.send(std::string("HTTP/1.1 ") + status + "\r\n\r\n");
    EXPECT_THAT(client.receive_until("\r\n\r\n"), HasSubstr(status));
  }
}

TEST_F(ProxyTest, PassesInterimResponsesOn) {
  auto client = proxy.client();
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_until("\r\n\r\n"), HasSubstr("Expect: 100-continue\r\n"));
  EXPECT_TRUE(client.stays_silent());
  upstream.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n");
  client.send("body");
  EXPECT_EQ(upstream.receive(4), "body");
  upstream.send(ok("done"));
  EXPECT_THAT(client.receive_message(), EndsWith("done"));
}

TEST_F(ProxyTest, RelaysAnAnswerThatComesBeforeTheBodyIsOver) {
  auto client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nsome");
  auto upstream = worker.accept();
  upstream.receive_until("some");
  upstream.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
  const auto answer = client.receive_message();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 Too Large\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  client.send(std::string(100'000, 'x'));  // does not overtake the answer as a reset
  EXPECT_TRUE(client.has_ended());
  EXPECT_TRUE(upstream.has_ended());
}

TEST_F(ProxyTest, ShowsTheClientThatAnAnswerWasCut) {
  struct Case {
    const char* sent;
    const char* version;
    const char* then = "";
  };
  for (const auto& [sent, version, then] :
       {Case{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "1.1"},
        Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "1.1"},
        Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "1.1", "zz\r\n"},
        Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "1.0"}}) {
    auto client = proxy.client();
    client.send(std::string("GET / HTTP/") + version + "\r\nHost: a\r\n\r\n");
    auto upstream = worker.accept();
    upstream.receive_message();
    upstream.send(sent);
    const auto begin = client.receive_until("half");
    upstream.send(then);
    upstream.close();
    const auto rest = client.receive_all();
    EXPECT_THAT(begin + rest, Not(HasSubstr("\r\n0\r\n\r\n")));
    if (std::string_view(version) == "1.0") {
      EXPECT_THAT(rest, HasSubstr("(reset)")) << "nothing else tells it apart from the whole";
    }
  }
  EXPECT_TRUE(proxy.wait_until([](const auto& t) { return t.failed_total == 4; }));
}

TEST_F(ProxyTest, DoesNotReuseAConnectionThatSaysMoreThanItsAnswer) {
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("one") + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
  EXPECT_THAT(client.receive_message(), EndsWith("one"));
  client.send(get());
  auto other = worker.accept();
  EXPECT_THAT(other.receive_message(), StartsWith("GET"));
  other.send(ok("right"));
  EXPECT_THAT(client.receive_message(), EndsWith("right"));
}

TEST_F(ProxyTest, NoticesThatAnIdleConnectionWasClosed) {
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("one"));
  client.receive_message();
  upstream.close();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  auto other = worker.accept();
  EXPECT_THAT(other.receive_message(), EndsWith("\r\n\r\nx"));
  other.send(ok("two"));
  EXPECT_THAT(client.receive_message(), EndsWith("two"));
}

// The worker closes a kept connection in the moment in which the next request arrives.
TEST_F(ProxyTest, SendsAgainWhatMayBeSentTwiceAndNothingElse) {
  for (const char* method : {"GET", "POST"}) {
    auto client = proxy.client();
    const std::string request = std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(request);
    auto upstream = worker.accept();
    upstream.receive_message();
    upstream.send(ok("one"));
    client.receive_message();
    client.send(request);
    upstream.receive_message();
    upstream.close();
    if (std::string_view(method) == "GET") {
      auto other = worker.accept();
      EXPECT_THAT(other.receive_message(), StartsWith("GET"));
      other.send(ok("two"));
      EXPECT_THAT(client.receive_message(), EndsWith("two"));
    } else {
      EXPECT_THAT(client.receive_message(), StartsWith("HTTP/1.1 502 "));
      EXPECT_TRUE(worker.nobody_calls());
    }
  }
}

TEST_F(ProxyTest, StopsTheWorkerWhenTheClientIsGone) {
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  client.reset();
  EXPECT_TRUE(upstream.has_ended());
  EXPECT_TRUE(proxy.wait_until([](const auto& t) { return t.in_flight == 0; }));
  EXPECT_EQ(proxy.traffic().failed_total, 0u);
  const auto abandoned = [](TrafficThread& thread) { return thread.connections().abandoned_total; };
  EXPECT_EQ(proxy.on_thread(abandoned), 1u);
}

// Neither direction is read further than the other side takes it.
TEST_F(ProxyTest, HoldsNoMoreOfABodyThanTheOtherSideTakes) {
  constexpr std::size_t kSize = 64 * 1024 * 1024, kInSockets = 40 * 1024 * 1024;
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n");
  const std::size_t sent = upstream.send_until_blocked(kSize);
  EXPECT_LT(sent, kInSockets);
  std::thread rest([&] { upstream.send(std::string(kSize - sent, 'x')); });
  client.receive_until("\r\n\r\n");
  std::size_t received = 0;
  while (received < kSize) {
    const auto size = client.receive(std::min<std::size_t>(kSize - received, 1 << 16)).size();
    if (size == 0) break;
    received += size;
  }
  rest.join();
  EXPECT_EQ(received, kSize);

  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) +
              "\r\n\r\n");
  upstream.receive_until("\r\n\r\n");
  EXPECT_LT(client.send_until_blocked(kSize), kInSockets);
}

TEST_F(ProxyTest, RefusesWhatCanBeReadInTwoWaysAndForwardsNothing) {
  const std::vector<std::pair<std::string, int>> cases = {
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nGET /smuggled HTTP/1.1\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"GET /" + std::string(20000, 'a'), 414},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20000, 'a'), 431},
      {"\x16\x03\x01\x02\n", 400}};
  for (const auto& [bytes, status] : cases) {
    auto client = proxy.client();
    client.send(bytes);
    const auto answer = client.receive_all();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status) + " "))
        << bytes.substr(0, 80);
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("(reset)")));
  }
  EXPECT_TRUE(worker.nobody_calls());
}

TEST_F(ProxyTest, RefusesABodyThatIsMalformedOnTheWay) {
  auto client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  auto upstream = worker.accept();
  upstream.receive_until("1\r\na\r\n");
  client.send("zz\r\n");
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(upstream.receive_all(), "") << "no final chunk";
}

TEST_F(ProxyTest, AnswersForAWorkerThatDoesNotSpeakHttp) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "closed the connection"},
      {"HTTP/1.1 200", "closed the connection"},
      {"hello\r\n\r\n", "malformed"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "framing"},
      {"HTTP/1.1 101 Switching\r\n\r\n", "switches"},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(20000, 'x') + "\r\n\r\n", "too large"}};
  for (const auto& [bytes, reason] : cases) {
    auto client = proxy.client();
    client.send(get("/", "Accept: application/json\r\n"));
    auto upstream = worker.accept();
    upstream.receive_message();
    upstream.send(bytes);
    upstream.end_writing();
    const auto answer = client.receive_message();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 502 Bad Gateway\r\n"));
    EXPECT_THAT(answer, HasSubstr("{\"status\":502,\"error\":\""));
    EXPECT_THAT(answer, HasSubstr(reason));
    EXPECT_THAT(answer, EndsWith("\"service\":\"web\"}\n"));
    client.close();
    upstream.close();
  }
}

}  // namespace
}  // namespace foretide::balancer
