// Workers that speak TLS: whom the proxy believes, under which name, and what it keeps of them.
#include <gmock/gmock.h>

#include <thread>

#include "tests/unit/balancer/tls_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class TlsWorkers : public testing::Test {
 protected:
  EndpointTls tls(const wire::UpstreamTls& settings, const std::string& host = "worker.example") {
    auto client = TlsClient::load(settings);
    EXPECT_TRUE(client) << client.error();
    return {.client = client ? *client : nullptr, .hosts = {{{"a"}, host}}};
  }
  void apply(const EndpointTls& how, std::chrono::milliseconds wait = kPatience) {
    proxy.policy.queue_wait = wait;
    proxy.apply({endpoint_at("a", worker.address())}, how);
  }
  TlsPeer accept() {
    auto peer = TlsPeer::worker(worker.accept(), context.get());
    EXPECT_EQ(peer.shake_hands(), "");
    return peer;
  }
  void serve(TlsPeer& upstream, std::string_view body) {
    EXPECT_THAT(upstream.receive_message(), StartsWith("GET / HTTP/1.1\r\n"));
    upstream.send(ok(body));
  }
  // The status of one request, while the worker does its part of a handshake that fails.
  std::string refused_by(const EndpointTls& how) {
    apply(how, std::chrono::milliseconds(0));
    auto client = proxy.client();
    client.send(get("/", "Connection: close\r\n"));
    auto peer = TlsPeer::worker(worker.accept(), context.get());
    peer.shake_hands();
    peer.receive_all();
    return client.receive_all();
  }

  TestAuthority authority, strangers{"strangers"};
  SslContextPtr context = worker_context(authority.issue(
      {.common_name = "w", .names = {"worker.example"}, .addresses = {"127.0.0.1"}}));
  wire::UpstreamTls trusting{.ca = authority.ca_file(), .server_name = "", .verify = true};
  RawServer worker;
  Proxy proxy;
};

TEST_F(TlsWorkers, AreBelievedByAuthorityAndName) {
  apply(tls(trusting));
  auto client = proxy.client();
  client.send(get());
  auto upstream = accept();
  EXPECT_EQ(upstream.server_name(), "worker.example");
  serve(upstream, "over TLS");
  EXPECT_THAT(client.receive_message(), EndsWith("over TLS"));
  client.send(get());
  serve(upstream, "again");
  EXPECT_THAT(client.receive_message(), EndsWith("again")) << "on the same connection";
}

TEST_F(TlsWorkers, AreBelievedByTheirAddressWhereTheyHaveNoName) {
  apply(tls(trusting, "127.0.0.1"));
  auto client = proxy.client();
  client.send(get());
  auto upstream = accept();
  EXPECT_EQ(upstream.server_name(), "");
  serve(upstream, "by address");
  EXPECT_THAT(client.receive_message(), EndsWith("by address"));
}

TEST_F(TlsWorkers, AreNotBelievedUnderAnotherName) {
  EXPECT_THAT(refused_by(tls(trusting, "other.example")), StartsWith("HTTP/1.1 502 "));
  trusting.server_name = "worker.example";
  apply(tls(trusting, "other.example"));
  auto client = proxy.client();
  client.send(get());
  auto upstream = accept();
  EXPECT_EQ(upstream.server_name(), "worker.example");
  serve(upstream, "as told");
  EXPECT_THAT(client.receive_message(), EndsWith("as told"));
}

TEST_F(TlsWorkers, AreNotBelievedUnderAnotherAddress) {
  EXPECT_THAT(refused_by(tls(trusting, "127.0.0.2")), StartsWith("HTTP/1.1 502 "));
}

TEST_F(TlsWorkers, AreNotBelievedByAnotherAuthority) {
  context = worker_context(strangers.issue({.names = {"worker.example"}}));
  EXPECT_THAT(refused_by(tls(trusting)), StartsWith("HTTP/1.1 502 "));
}

TEST_F(TlsWorkers, AreNotBelievedByAnAuthorityThatTheHostDoesNotKnow) {
  EXPECT_THAT(refused_by(tls({.ca = "", .server_name = "", .verify = true})),
              StartsWith("HTTP/1.1 502 "));
}

TEST_F(TlsWorkers, AreNotAskedWhereNobodyWantsToKnow) {
  context = worker_context(strangers.issue({.names = {"whatever"}}));
  apply(tls({.ca = "", .server_name = "", .verify = false}));
  auto client = proxy.client();
  client.send(get());
  auto upstream = accept();
  serve(upstream, "unchecked");
  EXPECT_THAT(client.receive_message(), EndsWith("unchecked"));
}

TEST_F(TlsWorkers, AreNotSpokenToInTheClearWhereTheyDoNotSpeakTls) {
  apply(tls(trusting), std::chrono::milliseconds(0));
  auto client = proxy.client();
  client.send(get("/secret", "Connection: close\r\n"));
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive(1), "\x16");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 502 "));
}

TEST_F(TlsWorkers, ResumeTheirSessions) {
  apply(tls(trusting));
  for (const bool resumed : {false, true, true}) {
    auto client = proxy.client();
    client.send(get());
    auto upstream = accept();
    EXPECT_EQ(upstream.was_resumed(), resumed);
    upstream.receive_message();
    upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_THAT(client.receive_message(), EndsWith("hi"));
  }
}

// What was begun unchecked is not used once checking is demanded: neither connection nor session.
TEST_F(TlsWorkers, AreAskedAnewWhenTheDemandsChange) {
  context = worker_context(strangers.issue({.names = {"worker.example"}}));
  apply(tls({.ca = "", .server_name = "", .verify = false}));
  auto client = proxy.client();
  client.send(get());
  auto upstream = accept();
  serve(upstream, "unchecked");
  EXPECT_THAT(client.receive_message(), EndsWith("unchecked"));
  client.send(get());
  EXPECT_THAT(upstream.receive_message(), StartsWith("GET"));
  apply(tls(trusting));
  upstream.send(ok("in flight"));
  EXPECT_THAT(client.receive_message(), EndsWith("in flight"));
  EXPECT_EQ(upstream.receive_all(), "") << "it is not kept";
  EXPECT_THAT(refused_by(tls(trusting)), StartsWith("HTTP/1.1 502 "));
}

TEST_F(TlsWorkers, ThatCutAnAnswerAreFoundOut) {
  apply(tls(trusting));
  auto client = proxy.client();
  client.send(get());
  auto upstream = accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  client.receive_until("until the end");
  upstream.socket().end_writing();  // as anybody on the way could, without close_notify
  EXPECT_THAT(client.receive_all(), testing::Not(HasSubstr("0\r\n\r\n")));
  auto second = proxy.client();
  second.send(get());
  auto honest = accept();
  honest.receive_message();
  honest.send("HTTP/1.1 200 OK\r\n\r\nall of it");
  honest.say_end();
  EXPECT_THAT(second.receive_until("0\r\n\r\n"), EndsWith("all of it\r\n0\r\n\r\n"));
}

TEST_F(TlsWorkers, GetLargeBodies) {
  apply(tls(trusting));
  constexpr std::size_t kSize = 2 * 1024 * 1024;
  const std::string body(kSize, 'u');
  auto client = proxy.client();
  std::thread sender([&] {
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) +
                "\r\n\r\n" + body);
  });
  auto upstream = accept();
  upstream.receive_until("\r\n\r\n");
  EXPECT_TRUE(upstream.receive(kSize) == body);
  sender.join();
  std::thread answerer([&] { upstream.send(ok(body)); });
  client.receive_until("\r\n\r\n");
  EXPECT_TRUE(client.receive(kSize) == body);
  answerer.join();
}

TEST(TlsClient, NamesTheFileThatItCannotRead) {
  const auto client = TlsClient::load({.ca = "/nowhere/ca.pem", .server_name = "", .verify = true});
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error(), StartsWith("tls: ca: /nowhere/ca.pem: cannot be read"));
}

}  // namespace
}  // namespace foretide::balancer
