// Who waits costs nothing: a loop whose connections all wait for somebody hardly turns, whatever
// their sockets have to say that nobody wants to hear yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>

#include <string>

#include "tests/unit/balancer/h2_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::HasSubstr;

const std::string kAsk =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const std::string kAgree =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
constexpr std::size_t kMuch = 64 * 1024 * 1024;

class Quiet : public WorkerBehindProxy {
 protected:
  Quiet() : WorkerBehindProxy(with_front({.serves_half_closed = true})) {}
  void know_the_worker() { proxy.apply({endpoint_at("w", worker.address())}); }

  std::uint64_t turns() {
    return proxy.on_thread([](TrafficThread& thread) { return thread.loop().turns(); });
  }
  // Timers and this question itself are a few turns; what spins makes tens of thousands.
  testing::AssertionResult is_quiet() {
    const auto before = turns();
    ::poll(nullptr, 0, 200);
    const auto made = turns() - before;
    if (made < 100) return testing::AssertionSuccess();
    return testing::AssertionFailure() << made << " turns while nothing happened";
  }
};

class QuietTunnel : public Quiet {
 protected:
  void SetUp() override {
    know_the_worker();
    client = proxy.client();
    client.send(kAsk);
    upstream = worker.accept();
    upstream.receive_message();
    upstream.send(kAgree);
    EXPECT_THAT(client.receive_until("\r\n\r\n"), HasSubstr("101 Switching"));
  }
  RawSocket client, upstream;
};

TEST_F(QuietTunnel, WhoseClientHasEnded) {
  client.send("last");
  client.end_writing();
  EXPECT_EQ(upstream.receive_all(), "last");
  EXPECT_TRUE(is_quiet());
  upstream.send("still");
  EXPECT_EQ(client.receive(5), "still");
  EXPECT_TRUE(is_quiet());
}

TEST_F(QuietTunnel, WhoseWorkerHasEnded) {
  upstream.send("last");
  upstream.end_writing();
  EXPECT_EQ(client.receive_all(), "last");
  EXPECT_TRUE(is_quiet());
  client.send("still");
  EXPECT_EQ(upstream.receive(5), "still");
  EXPECT_TRUE(is_quiet());
}

TEST_F(QuietTunnel, WhoseWorkerDoesNotRead) {
  EXPECT_LT(client.send_until_blocked(kMuch), kMuch);
  EXPECT_TRUE(is_quiet());
  client.end_writing();
  EXPECT_TRUE(is_quiet());
}

TEST_F(QuietTunnel, WhoseClientDoesNotRead) {
  EXPECT_LT(upstream.send_until_blocked(kMuch), kMuch);
  EXPECT_TRUE(is_quiet());
  upstream.end_writing();
  EXPECT_TRUE(is_quiet());
}

TEST_F(QuietTunnel, OfWhichOneSideHasEndedAndTheOtherIsFull) {
  client.end_writing();
  EXPECT_EQ(upstream.receive_all(), "");
  EXPECT_LT(upstream.send_until_blocked(kMuch), kMuch);
  EXPECT_TRUE(is_quiet());
}

TEST_F(QuietTunnel, FullBothWays) {
  EXPECT_LT(client.send_until_blocked(kMuch), kMuch);
  EXPECT_LT(upstream.send_until_blocked(kMuch), kMuch);
  EXPECT_TRUE(is_quiet());
}

TEST_F(Quiet, IsATunnelOverTlsWhoseClientHasEnded) {
  know_the_worker();
  TestAuthority authority;
  const auto tls = loaded(tls_for({authority.issue({})}), std::make_shared<TlsResumption>());
  auto client = TlsPeer::client(RawSocket::connected_to(proxy.listen_for_tls(tls)), {});
  ASSERT_EQ(client.shake_hands(), "");
  client.send(kAsk);
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(kAgree);
  EXPECT_THAT(client.receive_until("\r\n\r\n"), HasSubstr("101 Switching"));
  client.say_end();
  EXPECT_EQ(upstream.receive_all(), "");
  EXPECT_TRUE(is_quiet());
  upstream.send("still");
  EXPECT_EQ(client.receive(5), "still");
  EXPECT_TRUE(is_quiet());
}

const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";

TEST_F(Quiet, IsAHeldRequestOfWhichPartOfTheBodyHasCome) {
  proxy.apply({});
  auto client = proxy.client();
  client.send(kPost + "part");
  EXPECT_TRUE(held(1));
  EXPECT_TRUE(is_quiet());
  client.send(" and another");
  EXPECT_TRUE(is_quiet());
}

TEST_F(Quiet, IsAHeldRequestOfWhichMoreHasComeThanIsLookedAt) {
  proxy.apply({});
  auto client = proxy.client();
  client.send(kPost + std::string(50'000, 'x'));
  EXPECT_TRUE(held(1));
  EXPECT_TRUE(is_quiet());
  client.send(std::string(50'000, 'x'));
  client.end_writing();
  EXPECT_TRUE(is_quiet());
  EXPECT_TRUE(held(1));
}

TEST_F(Quiet, IsAHeldRequestBehindWhichTheClientSaysMore) {
  proxy.apply({});
  auto client = proxy.client();
  client.send(get("/1") + get("/2"));
  EXPECT_TRUE(held(1));
  client.end_writing();
  EXPECT_TRUE(is_quiet());
  EXPECT_TRUE(held(1));
}

TEST_F(Quiet, IsARequestWhoseBodyIsWaitedForToBeLookedAt) {
  proxy.policy.body_look_bytes = 4096;
  know_the_worker();
  auto client = proxy.client();
  client.send(kPost + "part");
  EXPECT_TRUE(proxy.wait_until([](const auto& traffic) { return traffic.arrivals_total == 1; }));
  EXPECT_TRUE(is_quiet());
  EXPECT_TRUE(worker.nobody_calls());
}

TEST_F(Quiet, IsAHeldRequestOverHttp2OfWhichPartOfTheBodyHasCome) {
  proxy.apply({});
  H2Client client(proxy.client());
  const auto stream = client.open(h2_post());
  client.send(stream, std::string(60'000, 'x'));
  EXPECT_TRUE(held(1));
  client.read_a_while();
  EXPECT_TRUE(is_quiet());
}

TEST_F(Quiet, IsAnUploadThatTheWorkerDoesNotRead) {
  know_the_worker();
  auto client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  auto upstream = worker.accept();
  EXPECT_LT(client.send_until_blocked(kMuch), kMuch);
  EXPECT_TRUE(is_quiet());
}

TEST_F(Quiet, IsARequestWhoseClientHasEndedItsSide) {
  know_the_worker();
  auto client = proxy.client();
  client.send(get());
  client.end_writing();
  auto upstream = worker.accept();
  upstream.receive_message();
  EXPECT_TRUE(is_quiet());
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_THAT(client.receive_until("half"), HasSubstr("half"));
  EXPECT_TRUE(is_quiet());
}

}  // namespace
}  // namespace foretide::balancer
