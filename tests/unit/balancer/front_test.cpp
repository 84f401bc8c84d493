// How clients are met: who is believed, how many may come, who says who they are, what is written
// down of them, and how they are sent away.
#include "balancer/io/front.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::shared_ptr<const Front> front_with(const FrontSettings& settings, AccessLog* log = nullptr) {
  return std::make_shared<Front>(front_for(settings, log));
}

// A proxy with such a front, and a worker behind it.
struct Stage {
  explicit Stage(const FrontSettings& settings, AccessLog* log = nullptr,
                 std::uint32_t connections_max = 10'000)
      : proxy({.connections_max = connections_max, .front = front_with(settings, log)}) {
    proxy.apply({endpoint_at("w", worker.address())});
  }
  // What the worker sees of a request on this connection, which it answers.
  std::string seen_of(RawSocket& client, const std::string& request) {
    client.send(request);
    if (!upstream.is_open()) upstream = worker.accept();
    std::string seen = upstream.receive_message();
    upstream.send(ok("yes"));
    EXPECT_THAT(client.receive_message(), HasSubstr("yes"));
    return seen;
  }

  RawServer worker;
  Proxy proxy;
  RawSocket upstream;
};

const std::string kForwarded = get("/", "X-Forwarded-For: 203.0.113.9\r\n");

TEST(Front, BelievesTrustedPeersOnly) {
  Stage stranger({});
  RawSocket client = stranger.proxy.client();
  EXPECT_THAT(stranger.seen_of(client, kForwarded), Not(HasSubstr("203.0.113.9")));

  Stage trusted({.trusted_proxies = {"127.0.0.0/8"}});
  RawSocket peer = trusted.proxy.client();
  EXPECT_THAT(trusted.seen_of(peer, kForwarded),
              HasSubstr("X-Forwarded-For: 203.0.113.9, 127.0.0.1\r\n"));
}

TEST(Front, TakesTheClientFromAProxyHeader) {
  Stage stage({.trusted_proxies = {"127.0.0.0/8"}, .proxy_protocol = {"127.0.0.1"}});
  RawSocket client = stage.proxy.client();
  client.send("PROXY TCP4 198.51.100.4 10.0.0.1 1 2\r\n");
  // It is the client whose word counts, and that one is a stranger.
  EXPECT_THAT(stage.seen_of(client, kForwarded),
              AllOf(HasSubstr("X-Forwarded-For: 198.51.100.4\r\n"), Not(HasSubstr("203.0.113.9"))));
  EXPECT_THAT(stage.seen_of(client, get()), HasSubstr("X-Forwarded-For: 198.51.100.4\r\n"));
}

TEST(Front, TakesAProxyHeaderThatDribblesIn) {
  Stage stage({.proxy_protocol = {"127.0.0.1"}});
  RawSocket client = stage.proxy.client();
  for (const char c : std::string("PROXY TCP4 198.51.100.4 10.0.0.1 1 2\r\n")) client.send({&c, 1});
  EXPECT_THAT(stage.seen_of(client, get()), HasSubstr("X-Forwarded-For: 198.51.100.4\r\n"));
}

TEST(Front, ServesARequestThatCameWithItsProxyHeaderAndItsEnd) {
  Stage stage({.proxy_protocol = {"127.0.0.1"}, .half_closed = FrontSettings::HalfClosed::kServe});
  RawSocket client = stage.proxy.client();
  client.send("PROXY TCP4 198.51.100.4 10.0.0.1 1 2\r\n" + get());
  client.end_writing();
  stage.upstream = stage.worker.accept();
  stage.upstream.receive_message();
  stage.upstream.send(ok("yes"));
  EXPECT_THAT(client.receive_message(), HasSubstr("yes"));
}

TEST(Front, WaitsForAProxyHeaderAsLongAsForAHead) {
  Stage stage({.proxy_protocol = {"127.0.0.1"}, .head_timeout = std::chrono::milliseconds(300)});
  RawSocket client = stage.proxy.client();
  client.send("PROXY TCP4 198.51");
  EXPECT_EQ(client.receive_all(), "(reset)");
}

TEST(Front, RefusesWhoSendsNothingButEmptyLines) {
  Stage stage({});
  RawSocket client = stage.proxy.client();
  std::string lines;
  for (int i = 0; i < 600; ++i) lines += "\r\n";
  client.send(lines);
  EXPECT_THAT(client.receive_all(), HasSubstr("400 Bad Request"));
}

TEST(Front, ClosesAPeerThatOwesAProxyHeader) {
  Stage stage({.proxy_protocol = {"127.0.0.1"}});
  RawSocket client = stage.proxy.client();
  client.send(get());
  EXPECT_TRUE(stage.worker.nobody_calls());
  client.receive_all();
  const auto rejected = stage.proxy.on_thread(
      [](TrafficThread& thread) { return thread.connections().rejected_total; });
  EXPECT_EQ(rejected, 1u);
}

TEST(Front, LetsEachClientHaveSoManyConnections) {
  Stage stage({.connections_per_client = 2});
  RawSocket first = stage.proxy.client(), second = stage.proxy.client();
  stage.seen_of(first, get());
  stage.seen_of(second, get());
  RawSocket third = stage.proxy.client();
  EXPECT_TRUE(third.has_ended());
  first.close();
  ASSERT_TRUE(stage.proxy.wait_until([&](const auto&) {
    return stage.proxy.on_thread([](TrafficThread& thread) { return thread.connections().open; }) ==
           1;
  }));
  RawSocket fourth = stage.proxy.client();
  stage.seen_of(fourth, get());
}

TEST(Front, ClosesTheLongestIdleConnectionToMakeRoom) {
  Stage stage({}, nullptr, 2);
  RawSocket first = stage.proxy.client();
  stage.seen_of(first, get());
  RawSocket second = stage.proxy.client();
  stage.seen_of(second, get());
  stage.seen_of(second, get());
  RawSocket third = stage.proxy.client();
  stage.seen_of(third, get());
  EXPECT_TRUE(first.has_ended());
  stage.seen_of(second, get());
}

// Its request is on its way.
TEST(Front, DoesNotCloseWhoHasJustComeToMakeRoom) {
  Stage stage({}, nullptr, 1);
  RawSocket first = stage.proxy.client();
  RawSocket second = stage.proxy.client();
  EXPECT_TRUE(second.stays_silent());
  stage.seen_of(first, get());
  first.close();
  stage.seen_of(second, get());
}

TEST(Front, JudgesWhomATrustedPeerNamesByHisOwnAddress) {
  Stage stage({.trusted_proxies = {"127.0.0.0/8"}, .connections_per_client = 1});
  stage.proxy.policy.allow = {"192.0.2.0/24"};
  stage.proxy.apply({endpoint_at("w", stage.worker.address())});
  RawSocket client = stage.proxy.client();
  stage.seen_of(client, get("/", "X-Forwarded-For: 192.0.2.7\r\n"));
  RawSocket other = stage.proxy.client();  // one more of the proxy's, not of one client's
  other.send(get("/", "X-Forwarded-For: 192.0.2.7, 198.51.100.1\r\n"));
  EXPECT_THAT(other.receive_message(), HasSubstr("403 Forbidden"));
}

TEST(Front, AnswersForItselfUntilItGoesAway) {
  Stage stage({.ready_path = "/ready"});
  RawSocket client = stage.proxy.client();
  client.send(get("/ready"));
  EXPECT_THAT(client.receive_message(), AllOf(HasSubstr("200 OK"), Not(HasSubstr("close"))));
  stage.proxy.on_thread([](TrafficThread& thread) {
    thread.go_lame();
    return 0;
  });
  client.send(get("/ready"));
  EXPECT_THAT(client.receive_message(),
              AllOf(HasSubstr("503 Service Unavailable"), HasSubstr("Connection: close\r\n")));
  // Everybody else is served as before, and told to come back on another connection.
  RawSocket other = stage.proxy.client();
  other.send(get());
  stage.upstream = stage.worker.accept();
  stage.upstream.receive_message();
  stage.upstream.send(ok("served"));
  EXPECT_THAT(other.receive_message(),
              AllOf(HasSubstr("served"), HasSubstr("Connection: close\r\n")));
}

class AccessLogged : public testing::Test {
 protected:
  AccessLogged() : path_(testing::TempDir() + "front-" + std::to_string(::getpid()) + ".log") {
    std::filesystem::remove(path_);
    auto log = AccessLog::open({.format = AccessFormat::kJson, .file = path_});
    EXPECT_TRUE(log) << log.error();
    log_ = std::move(*log);
    stage_ = std::make_unique<Stage>(FrontSettings{.ready_path = "/ready"}, log_.get());
  }
  ~AccessLogged() override { std::filesystem::remove(path_); }
  // Ends everything, so that all is written.
  std::vector<nlohmann::json> lines() {
    stage_.reset();
    log_.reset();
    std::vector<nlohmann::json> lines;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  std::string path_;
  std::unique_ptr<AccessLog> log_;
  std::unique_ptr<Stage> stage_;
};

TEST_F(AccessLogged, RequestsAreToldOfWithWhereTheyWent) {
  {
    RawSocket client = stage_->proxy.client();
    stage_->seen_of(client,
                    get("/a?b=c", "User-Agent: test/1\r\nReferer: x\r\nX-Request-Id: r1\r\n"));
  }
  const auto all = lines();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["client"], "127.0.0.1");
  EXPECT_EQ(all[0]["method"], "GET");
  EXPECT_EQ(all[0]["target"], "/a?b=c");
  EXPECT_EQ(all[0]["host"], "a");
  EXPECT_EQ(all[0]["status"], 200);
  EXPECT_EQ(all[0]["service"], "web");
  EXPECT_EQ(all[0]["worker"], "w");
  EXPECT_EQ(all[0]["request_id"], "r1");
  EXPECT_EQ(all[0]["user_agent"], "test/1");
  EXPECT_EQ(all[0]["referer"], "x");
  EXPECT_EQ(all[0]["bytes"], 3) << "of the body";
  EXPECT_TRUE(all[0]["cut"].is_null());
}

TEST_F(AccessLogged, BytesAreOfTheBodyAndACutIsToldOf) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  {
    RawSocket client = stage_->proxy.client();
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    stage_->upstream = stage_->worker.accept();
    stage_->upstream.receive_message();
    stage_->upstream.send(answer);
    client.receive_until("\r\n\r\n");
    client.send(get());
    stage_->upstream.receive_message();
    stage_->upstream.send(answer + "abc");
    client.receive_until("abc");
    stage_->upstream.close();
    EXPECT_EQ(client.receive_all(), "");
    RawSocket prober = stage_->proxy.client();
    prober.send(get("/ready"));
    prober.receive_message();
  }
  const auto all = lines();
  ASSERT_EQ(all.size(), 2u) << "the question whether the balancer is ready is not worth a line";
  EXPECT_EQ(all[0]["bytes"], 0);
  EXPECT_TRUE(all[0]["cut"].is_null());
  EXPECT_EQ(all[1]["bytes"], 3);
  EXPECT_EQ(all[1]["cut"], "worker");
}

TEST_F(AccessLogged, RefusalsAndBrokenOnesAreToldOfToo) {
  {
    RawSocket bad = stage_->proxy.client();
    bad.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    EXPECT_THAT(bad.receive_all(), HasSubstr("400"));
    RawSocket malformed = stage_->proxy.client();
    malformed.send("nonsense\n");
    EXPECT_THAT(malformed.receive_all(), HasSubstr("400"));
    RawSocket broken = stage_->proxy.client();
    broken.send(get());
    auto upstream = stage_->worker.accept();
    upstream.receive_message();
    upstream.close();
    EXPECT_THAT(broken.receive_message(), HasSubstr("502"));
  }
  const auto all = lines();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0]["status"], 400);
  EXPECT_EQ(all[0]["method"], "GET");
  EXPECT_EQ(all[1]["status"], 400);
  EXPECT_TRUE(all[1]["method"].is_null());
  EXPECT_EQ(all[2]["status"], 502);
  EXPECT_EQ(all[2]["worker"], "w");
}

}  // namespace
}  // namespace foretide::balancer
