// The server on a thread of its own, asked over real sockets by the blocking client.
#include "common/io/admin_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

#include "common/io/http_client.hpp"

namespace foretide {
namespace {

using testing::HasSubstr;

class AdminServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto listening = AdminServer::listen(io, {{"127.0.0.1", 0}, "token"},
                                         [this](const AdminRequest& r) { return answer(r); });
    ASSERT_TRUE(listening) << listening.error();
    server = std::move(*listening);
    address = server->bound();
    thread = std::thread([this] {
      const auto work = boost::asio::make_work_guard(io);
      io.run();
    });
  }
  void TearDown() override {
    boost::asio::post(io, [this] {
      server.reset();
      // What the connections still have to do is done in one more turn.
      boost::asio::post(io, [this] { io.stop(); });
    });
    thread.join();
  }
  static AdminResponse answer(const AdminRequest& request) {
    if (request.path == "/v1/events") return {.body = ": hello\n\n", .event_stream = true};
    if (request.path == "/v1/broken") throw std::runtime_error("a fault");
    std::string fields;
    for (const auto& [name, value] : request.query) fields += name + "=" + value + ";";
    for (const auto& [name, value] : request.form()) fields += name + ":" + value + ";";
    return {.content_type = "text/plain",
            .body = request.method + " " + request.path + " " + fields + " " +
                    std::to_string(request.body.size())};
  }
  HttpClient client() {
    HttpClient made(address);
    made.set_header("Authorization", "Bearer token");
    return made;
  }
  // On the server's thread, and waits for it.
  void on_server(const std::function<void()>& call) {
    std::promise<void> done;
    boost::asio::post(io, [&] {
      call();
      done.set_value();
    });
    done.get_future().wait();
  }
  // Writes raw bytes and returns all that comes back.
  std::string converse(const std::string& bytes) {
    boost::asio::io_context own;
    boost::asio::ip::tcp::socket socket(own);
    socket.connect({boost::asio::ip::make_address(address.host), address.port});
    boost::system::error_code error;
    boost::asio::write(socket, boost::asio::buffer(bytes), error);
    socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
    std::string all;
    boost::asio::read(socket, boost::asio::dynamic_buffer(all), error);
    return all;
  }

  boost::asio::io_context io{1};
  std::unique_ptr<AdminServer> server;
  Address address;
  std::thread thread;
};

TEST_F(AdminServerTest, AnswersGetAndPostOnOneConnection) {
  HttpClient asking = client();
  const auto first = asking.get("/v1/a%20b?x=1&y=%2F");
  ASSERT_TRUE(first) << first.error();
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(first->body, "GET /v1/a b x=1;y=/; 0");
  EXPECT_EQ(first->headers.at("content-type"), "text/plain");
  EXPECT_EQ(first->headers.at("x-content-type-options"), "nosniff");
  const auto second =
      asking.post("/scale", "scale=30&service=web", "application/x-www-form-urlencoded");
  ASSERT_TRUE(second) << second.error();
  EXPECT_EQ(second->body, "POST /scale scale:30;service:web; 20");
  const auto head = asking.ask({.method = "HEAD", .target = "/v1/x"});
  ASSERT_TRUE(head) << head.error();
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->headers.at("content-length"), "12");
}

TEST_F(AdminServerTest, NeedsTheTokenExceptForHealth) {
  HttpClient stranger(address);
  EXPECT_EQ(stranger.get("/healthz")->status, 200);
  EXPECT_EQ(stranger.get("/metrics")->status, 200);
  const auto refused = stranger.get("/v1/status");
  ASSERT_TRUE(refused) << refused.error();
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->headers.at("www-authenticate"), "Bearer");
  EXPECT_THAT(refused->body, HasSubstr("a token is needed"));
}

TEST_F(AdminServerTest, RefusesAForeignHostAndAForeignOrigin) {
  HttpClient asking = client();
  EXPECT_EQ(asking.ask({.target = "/v1/status", .headers = {{"Host", "evil.example"}}})->status,
            403);
  EXPECT_EQ(
      asking.ask({.target = "/v1/status", .headers = {{"Origin", "http://evil.example"}}})->status,
      403);
  EXPECT_EQ(asking.get("/v1/status")->status, 200);
}

TEST_F(AdminServerTest, RefusesWhatIsTooLarge) {
  HttpClient asking = client();
  const auto head = asking.ask({.target = "/", .headers = {{"X-Long", std::string(17'000, 'x')}}});
  ASSERT_TRUE(head) << head.error();
  EXPECT_EQ(head->status, 431);
  EXPECT_EQ(asking.post("/v1/x", std::string(1024 * 1024, 'x'))->status, 200);
  const auto body = asking.post("/v1/x", std::string(1024 * 1024 + 1, 'x'));
  ASSERT_TRUE(body) << body.error();
  EXPECT_EQ(body->status, 413);
}

TEST_F(AdminServerTest, RefusesWhatIsNoHttp) {
  EXPECT_THAT(converse("garbage\r\n\r\n"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(
      converse("GET /v1/%zz HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer token\r\n\r\n"),
      HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(converse("GET /v1/x HTTP/1.1\r\nAuthorization: Bearer token\r\n\r\n"),
              HasSubstr("HTTP/1.1 400"));
  EXPECT_EQ(converse("GET /v1/x HT"), "");
}

TEST_F(AdminServerTest, TellsAClientToGoOnWithItsBody) {
  const std::string answer = converse(
      "POST /v1/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer token\r\n"
      "Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")) << answer;
}

TEST_F(AdminServerTest, AFaultOfTheAnswerIsFiveHundredAndNotTheEnd) {
  HttpClient asking = client();
  EXPECT_EQ(asking.get("/v1/broken")->status, 500);
  EXPECT_EQ(asking.get("/v1/fine")->status, 200);
}

TEST_F(AdminServerTest, StreamsEventsToEveryOpenStream) {
  HttpClient asking = client();
  auto one = asking.events("/v1/events"), two = asking.events("/v1/events");
  ASSERT_TRUE(one) << one.error();
  ASSERT_TRUE(two) << two.error();
  on_server([&] {
    server->publish("decision", "{\"to\":2}");
    server->publish("notice", "two\nlines");
  });
  for (auto* stream : {&*one, &*two}) {
    const auto first = stream->next(std::chrono::seconds{10});
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->event, "decision");
    EXPECT_EQ((*first)->data, "{\"to\":2}");
    const auto second = stream->next(std::chrono::seconds{10});
    ASSERT_TRUE(second && *second);
    EXPECT_EQ((*second)->data, "two\nlines");
    const auto nothing = stream->next(std::chrono::milliseconds{20});
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(*nothing);
  }
  on_server([&] { server.reset(); });
  EXPECT_FALSE(one->next(std::chrono::seconds{10}));
}

TEST_F(AdminServerTest, AStreamThatFallsBehindIsClosed) {
  HttpClient asking = client();
  auto stream = asking.events("/v1/events");
  ASSERT_TRUE(stream) << stream.error();
  on_server([&] {
    for (int i = 0; i < 300; ++i) server->publish("x", "y");
  });
  int received = 0;
  while (stream->next(std::chrono::seconds{10})) ++received;
  EXPECT_LT(received, 300);
}

TEST_F(AdminServerTest, StreamsNeedTheTokenToo) {
  HttpClient stranger(address);
  const auto stream = stranger.events("/v1/events");
  ASSERT_FALSE(stream);
  EXPECT_THAT(stream.error(), HasSubstr("401"));
}

TEST_F(AdminServerTest, TurnsAwayTheSixtyFifthConnection) {
  std::vector<HttpClient> all;
  for (int i = 0; i < 64; ++i) {
    all.push_back(client());
    ASSERT_EQ(all.back().get("/v1/x")->status, 200);
  }
  HttpClient last = client();
  const auto answer = last.get("/v1/x");
  if (answer) {
    EXPECT_EQ(answer->status, 503);
  }
  all.clear();
}

TEST_F(AdminServerTest, AnAddressInUseIsAClearError) {
  const auto second = AdminServer::listen(io, {address, ""}, &AdminServerTest::answer);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(),
            "cannot listen on " + address.text() + ": the address is in use by another program");
  EXPECT_FALSE(AdminServer::listen(io, {{"no.such.host", 0}, ""}, &AdminServerTest::answer));
}

TEST(HttpClientTest, SaysWhyAServerCannotBeReached) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor silent(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const Address address{"127.0.0.1", silent.local_endpoint().port()};
  const auto late = HttpClient(address, std::chrono::milliseconds{50}).get("/");
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error(), HasSubstr("did not answer in time"));
  silent.close();
  const auto refused = HttpClient(address).get("/");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("Connection refused"));
}

}  // namespace
}  // namespace foretide
