// What happens after a 101: a tunnel between two ends that agreed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>
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

// This program's own end of a connection to `peer`: the proxy's.
int descriptor_towards(const Address& peer) {
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir("/proc/self/fd"), ::closedir);
  while (const dirent* entry = ::readdir(list.get())) {
    const int fd = std::atoi(entry->d_name);
    sockaddr_in at{};
    socklen_t size = sizeof at;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) continue;
    if (at.sin_family == AF_INET && ntohs(at.sin_port) == peer.port) return fd;
  }
  return -1;
}

// It has not heard yet what it agrees to.
TEST_F(Tunnels, AreNotOpenedBeforeTheWholeRequestWasSent) {
  const int little = 1;  // as little as the kernel lets it be
  ::setsockopt(worker.fd(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  client = proxy.client();
  client.send(get("/first"));
  upstream = worker.accept();
  serve(upstream, "first");
  EXPECT_THAT(client.receive_message(), HasSubstr("first"));
  // The next goes the same way, and its head does not fit the way at once.
  const int fd = descriptor_towards(worker.address());
  ASSERT_EQ(::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof little), 0);
  const std::string large = "X-Large: " + std::string(14'000, 'x') + "\r\n";
  client.send(get("/chat", large + "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  ASSERT_TRUE(proxy.wait_until([](const auto& traffic) { return traffic.in_flight == 1; }));
  upstream.send(kAgree + "first words");
  EXPECT_THAT(client.receive_message(), HasSubstr("it switches before the request was sent"));
  EXPECT_THAT(upstream.receive_all(), testing::Not(HasSubstr("Upgrade: websocket\r\n")));
}

}  // namespace
}  // namespace foretide::balancer
