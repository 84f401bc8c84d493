// How clients are met that speak TLS or HTTP/2: PROXY headers before the handshake, trust, room.
#include <gmock/gmock.h>

#include "balancer/io/front.hpp"
#include "tests/unit/balancer/h2_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::HasSubstr;
using testing::Not;

class FrontOverTls : public testing::Test {
 protected:
  void begin(const FrontSettings& settings, std::uint32_t connections_max = 10'000) {
    proxy.emplace(
        TrafficThread::Settings{.connections_max = connections_max,
                                .front = std::make_shared<Front>(front_for(settings, nullptr))});
    proxy->apply({endpoint_at("w", worker.address())});
    address = proxy->listen_for_tls(
        loaded(tls_for({authority.issue({})}), std::make_shared<TlsResumption>()));
  }
  std::string seen_of(TlsPeer& client, const std::string& request) {
    client.send(request);
    if (!upstream.is_open()) upstream = worker.accept();
    std::string seen = upstream.receive_message();
    upstream.send(ok("yes"));
    EXPECT_THAT(client.receive_message(), HasSubstr("yes"));
    return seen;
  }

  TestAuthority authority;
  RawServer worker;
  std::optional<Proxy> proxy;
  Address address;
  RawSocket upstream;
};

constexpr std::string_view kHeader = "PROXY TCP4 198.51.100.4 10.0.0.1 1 2\r\n";

TEST_F(FrontOverTls, TakesTheClientFromAProxyHeaderBeforeTheHandshake) {
  begin({.proxy_protocol = {"127.0.0.1"}});
  auto socket = RawSocket::connected_to(address);
  socket.send(kHeader);
  auto client = TlsPeer::client(std::move(socket), {});
  EXPECT_EQ(client.shake_hands(), "");
  EXPECT_THAT(seen_of(client, get()), HasSubstr("X-Forwarded-For: 198.51.100.4\r\n"));
}

// What epoll told before TLS was put on the connection is not told again.
TEST_F(FrontOverTls, TakesTheHandshakeThatCameWithTheHeader) {
  begin({.proxy_protocol = {"127.0.0.1"}});
  auto client = TlsPeer::client(RawSocket::connected_to(address), {});
  BIO* const from = BIO_new(BIO_s_mem());
  BIO* const to = BIO_new(BIO_s_mem());
  SSL_set_bio(client.ssl(), from, to);
  SSL_do_handshake(client.ssl());
  std::string hello(4096, ' ');
  hello.resize(static_cast<std::size_t>(BIO_read(to, hello.data(), 4096)));
  // The session is there and has looked for the header in vain.
  EXPECT_TRUE(proxy->wait_until([&](const auto&) {
    return proxy->on_thread([](TrafficThread& thread) { return thread.connections().open == 1; });
  }));
  client.socket().send(std::string(kHeader) + hello);
  EXPECT_EQ(client.socket().receive(1), "\x16");
}

TEST_F(FrontOverTls, PassesOnWhatATrustedPeerSaysOfACertificate) {
  begin({.trusted_proxies = {"127.0.0.0/8"}});
  auto client = TlsPeer::client(RawSocket::connected_to(address), {});
  EXPECT_EQ(client.shake_hands(), "");
  EXPECT_THAT(seen_of(client, get("/", "X-SSL-Client-S-DN: CN=alice\r\n")),
              HasSubstr("X-SSL-Client-S-DN: CN=alice\r\n"));
}

TEST_F(FrontOverTls, ClosesAnIdleHttp2ConnectionToMakeRoom) {
  begin({}, 2);
  const auto use = [&](H2Client& client) {
    const auto stream = client.request(h2_get());
    if (!upstream.is_open()) upstream = worker.accept();
    upstream.receive_message();
    upstream.send(ok("yes"));
    EXPECT_EQ(client.finished(stream).body, "yes");
  };
  H2Client idle(proxy->client());
  use(idle);
  H2Client busy(proxy->client());
  use(busy);
  const auto waiting = busy.request(h2_get());
  upstream.receive_message();
  auto third = proxy->client();
  third.send(get());
  auto another = worker.accept();
  another.receive_message();
  another.send(ok("third"));
  EXPECT_THAT(third.receive_message(), HasSubstr("third"));
  EXPECT_TRUE(idle.wait_until([&] { return idle.connection_ended(); }));
  upstream.send(ok("kept"));
  EXPECT_EQ(busy.finished(waiting).body, "kept");
}

}  // namespace
}  // namespace foretide::balancer
