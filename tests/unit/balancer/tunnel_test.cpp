// What happens after a 101: a tunnel between two ends that agreed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::HasSubstr;

const std::string kAsk =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const std::string kAgree =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

class Tunnels : public WorkerBehindProxy {
 protected:
  void SetUp() override { proxy.apply({endpoint_at("w", worker.address())}); }
  // A client and a worker with a tunnel between them.
  void open() {
    client = proxy.client();
    client.send(kAsk);
    upstream = worker.accept();
    EXPECT_THAT(upstream.receive_message(), HasSubstr("Upgrade: websocket\r\n"));
    upstream.send(kAgree);
    EXPECT_THAT(client.receive_until("\r\n\r\n"), HasSubstr("101 Switching"));
  }

  RawSocket client, upstream;
};

TEST_F(Tunnels, PassBytesBothWaysAsTheyCome) {
  open();
  client.send("ping");
  EXPECT_EQ(upstream.receive(4), "ping");
  upstream.send("pong");
  EXPECT_EQ(client.receive(4), "pong");
  EXPECT_EQ(proxy.traffic().in_flight, 1u);
}

TEST_F(Tunnels, KeepBytesThatCameWithTheAgreement) {
  client = proxy.client();
  client.send(kAsk);
  upstream = worker.accept();
  upstream.receive_message();
  upstream.send(kAgree + "first words");
  client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive(11), "first words");
}

TEST_F(Tunnels, PassOnTheEndOfOneSideAndGoOnWithTheOther) {
  open();
  client.send("last");
  client.end_writing();
  EXPECT_EQ(upstream.receive_all(), "last");
  upstream.send("answer");
  EXPECT_EQ(client.receive(6), "answer");
  upstream.close();
  EXPECT_TRUE(client.has_ended());
  EXPECT_TRUE(proxy.wait_until([](const auto& traffic) { return traffic.in_flight == 0; }));
}

TEST_F(Tunnels, CarryMoreThanOneBlockAgainstASlowReader) {
  open();
  const std::size_t sent = upstream.send_until_blocked(8 * 1024 * 1024);
  EXPECT_GT(sent, 0u);
  EXPECT_EQ(client.receive(sent).size(), sent);
  client.send("still here");
  EXPECT_EQ(upstream.receive(10), "still here");
}

TEST_F(Tunnels, HoldNoMemoryWhileNobodySpeaks) {
  open();
  client.send("x");
  EXPECT_EQ(upstream.receive(1), "x");
  upstream.send("y");
  EXPECT_EQ(client.receive(1), "y");
  const auto taken =
      proxy.on_thread([](TrafficThread& thread) { return thread.buffers().taken(); });
  EXPECT_EQ(taken, 0u);
}

TEST_F(Tunnels, EndAfterALongSilence) {
  proxy.policy.tunnel_timeout = std::chrono::milliseconds(50);
  proxy.apply({endpoint_at("w", worker.address())});
  open();
  EXPECT_TRUE(client.has_ended());
  EXPECT_TRUE(upstream.has_ended());
}

TEST_F(Tunnels, AreNotOpenedUnlessBothEndsAgree) {
  client = proxy.client();
  client.send(get());
  upstream = worker.accept();
  upstream.receive_message();
  upstream.send(kAgree);
  EXPECT_THAT(client.receive_message(), HasSubstr("502"));
  EXPECT_TRUE(upstream.has_ended());

  client = proxy.client();
  client.send(kAsk);
  upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("not today"));
  EXPECT_THAT(client.receive_message(), HasSubstr("200 OK"));
  client.send(get("/next"));
  EXPECT_THAT(upstream.receive_message(), HasSubstr("GET /next"));
}

}  // namespace
}  // namespace foretide::balancer
