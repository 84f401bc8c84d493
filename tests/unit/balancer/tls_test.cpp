// Clients that speak TLS: versions, certificates, resumption, reload, client certificates, and
// those that do not keep to it.
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <thread>

#include "tests/unit/balancer/tls_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class TlsClients : public testing::Test {
 protected:
  TlsClients() { proxy.apply({endpoint_at("a", worker.address())}); }

  void listen(TlsSettings settings) {
    address = proxy.listen_for_tls(loaded(settings, resumption));
  }
  void reload(const TlsSettings& settings) {
    auto server = loaded(settings, resumption);
    proxy.on_thread([&](TrafficThread& thread) {
      thread.set_tls(server);
      return true;
    });
  }
  TlsPeer connect(const TlsPeer::Wish& wish = {}) {
    auto peer = TlsPeer::client(RawSocket::connected_to(address), wish);
    EXPECT_EQ(peer.shake_hands(), "");
    return peer;
  }
  // One request and its answer; the worker's head as it saw it.
  std::string exchange(TlsPeer& client, std::string_view fields = "") {
    client.send(get("/", fields));
    if (!upstream.is_open()) upstream = worker.accept();
    auto head = upstream.receive_message();
    upstream.send(ok("answer"));
    EXPECT_THAT(client.receive_message(), EndsWith("\r\n\r\nanswer"));
    return head;
  }
  ConnectionCounts counts() {
    return proxy.on_thread([](TrafficThread& thread) { return thread.connections(); });
  }
  bool wait_for(const std::function<bool(const ConnectionCounts&)>& condition) {
    return proxy.wait_until([&](const auto&) { return condition(counts()); });
  }

  TestAuthority authority;
  CertificateFiles site = authority.issue({.common_name = "site", .names = {"site.example"}});
  std::shared_ptr<TlsResumption> resumption = std::make_shared<TlsResumption>();
  RawServer worker;
  Proxy proxy{with_front({.head_timeout = std::chrono::seconds(1)})};
  Address address;
  RawSocket upstream;
};

TEST_F(TlsClients, AreServedInBothVersions) {
  listen(tls_for({site}));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto client = connect({.version = version});
    EXPECT_EQ(client.version(), version);
    const auto head = exchange(client);
    EXPECT_THAT(head, HasSubstr("X-Forwarded-Proto: https\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("X-SSL")));
    exchange(client);
    client.send(get("/", "Connection: close\r\n"));
    upstream.receive_message();
    upstream.send(ok("last"));
    EXPECT_THAT(client.receive_all(), EndsWith("last")) << "and the end is announced";
  }
  EXPECT_EQ(counts().tls_full_total, 2u);
}

TEST_F(TlsClients, AreRefusedBelowTheLeastVersion) {
  auto settings = tls_for({site});
  settings.min_version = TlsSettings::Version::k13;
  listen(settings);
  auto client = TlsPeer::client(RawSocket::connected_to(address), {.version = TLS1_2_VERSION});
  EXPECT_THAT(client.shake_hands(), HasSubstr("protocol version"));
  EXPECT_TRUE(wait_for([](const auto& counts) { return counts.tls_failed_total == 1; }));
  auto newer = connect();
  exchange(newer);
}

TEST_F(TlsClients, GetTheCertificateOfTheNameThatTheyAskFor) {
  const auto star = authority.issue({.common_name = "star", .names = {"*.many.example"}});
  const auto exact = authority.issue({.common_name = "exact", .names = {"a.many.example"}});
  listen(tls_for({site, star, exact}));
  const auto name_for = [&](const std::string& name) {
    return connect({.server_name = name}).certificate_name();
  };
  EXPECT_EQ(name_for("site.example"), "CN=site");
  EXPECT_EQ(name_for("b.many.example"), "CN=star");
  EXPECT_EQ(name_for("A.many.example"), "CN=exact");
  EXPECT_EQ(name_for("unknown.example"), "CN=site");
  EXPECT_EQ(name_for(""), "CN=site");
  auto client = connect({.server_name = "b.many.example"});
  exchange(client);
}

TEST_F(TlsClients, GetTheKindOfCertificateThatTheyCanUse) {
  const auto rsa = authority.issue({.common_name = "rsa", .names = {"site.example"}, .rsa = true});
  listen(tls_for({site, rsa}));
  const auto name_for = [&](const std::string& ciphers) {
    return connect({.version = TLS1_2_VERSION, .ciphers = ciphers}).certificate_name();
  };
  EXPECT_EQ(name_for("ECDHE-RSA-AES128-GCM-SHA256"), "CN=rsa");
  EXPECT_EQ(name_for("ECDHE-ECDSA-AES128-GCM-SHA256"), "CN=site");
}

TEST_F(TlsClients, AgreeOnHttp1) {
  listen(tls_for({site}));
  EXPECT_EQ(connect({.protocols = "\x08http/1.1"}).protocol(), "http/1.1");
  EXPECT_EQ(connect().protocol(), "");
  auto other = TlsPeer::client(RawSocket::connected_to(address), {.protocols = "\x06"
                                                                               "spdy/9"});
  EXPECT_THAT(other.shake_hands(), HasSubstr("no application protocol"));
}

// ---- resumption ----

std::string ticket_of(const SSL_SESSION* session) {
  const unsigned char* ticket = nullptr;
  std::size_t size = 0;
  SSL_SESSION_get0_ticket(session, &ticket, &size);
  return {reinterpret_cast<const char*>(ticket), size};
}

struct Resuming {
  int version;
  bool tickets;
};

class TlsResumptions : public TlsClients, public testing::WithParamInterface<Resuming> {};

TEST_P(TlsResumptions, WorkAndOutliveAReload) {
  listen(tls_for({site}));
  const auto [version, tickets] = GetParam();
  auto first = connect({.version = version, .tickets = tickets});
  EXPECT_FALSE(first.was_resumed());
  exchange(first);
  auto session = first.session();
  auto second = connect({.version = version, .session = session.get(), .tickets = tickets});
  EXPECT_TRUE(second.was_resumed());
  exchange(second);
  if (version == TLS1_3_VERSION) {
    EXPECT_NE(ticket_of(second.session().get()), ticket_of(session.get())) << "the next one";
  }
  session = second.session();
  reload(tls_for({authority.issue({.common_name = "new", .names = {"site.example"}})}));
  auto third = connect({.version = version, .session = session.get(), .tickets = tickets});
  EXPECT_TRUE(third.was_resumed());
  exchange(third);
  EXPECT_EQ(counts().tls_resumed_total, 2u);
  EXPECT_EQ(resumption->sessions(), tickets || version == TLS1_3_VERSION ? 0u : 1u);
}

// The threads share what resumption needs: another thread has a snapshot of its own of everything
// else.
TEST_P(TlsResumptions, WorkOnAnotherThread) {
  listen(tls_for({site}));
  const auto [version, tickets] = GetParam();
  auto first = connect({.version = version, .tickets = tickets});
  exchange(first);
  const auto session = first.session();
  Proxy other;
  other.apply({endpoint_at("a", worker.address())});
  const auto there = other.listen_for_tls(loaded(tls_for({site}), resumption));
  auto second = TlsPeer::client(RawSocket::connected_to(there),
                                {.version = version, .session = session.get(), .tickets = tickets});
  EXPECT_EQ(second.shake_hands(), "");
  EXPECT_TRUE(second.was_resumed());
}

INSTANTIATE_TEST_SUITE_P(All, TlsResumptions,
                         testing::Values(Resuming{TLS1_2_VERSION, true},
                                         Resuming{TLS1_2_VERSION, false},
                                         Resuming{TLS1_3_VERSION, true},
                                         Resuming{TLS1_3_VERSION, false}));

TEST_F(TlsClients, CannotResumeWithWhatAnotherBalancerIssued) {
  listen(tls_for({site}));
  auto first = connect();
  exchange(first);
  const auto session = first.session();
  resumption = std::make_shared<TlsResumption>();
  reload(tls_for({site}));
  auto second = connect({.session = session.get()});
  EXPECT_FALSE(second.was_resumed());
  exchange(second);
}

// ---- reload ----

TEST_F(TlsClients, KeepTheirConnectionOverAReload) {
  listen(tls_for({site}));
  auto before = connect();
  exchange(before);
  reload(tls_for({authority.issue({.common_name = "new", .names = {"site.example"}})}));
  auto after = connect();
  EXPECT_EQ(after.certificate_name(), "CN=new");
  exchange(before);
  exchange(after);
}

// ---- certificates of clients ----

class TlsClientCertificates : public TlsClients {
 protected:
  TlsSettings asking(bool required) {
    auto settings = tls_for({site});
    settings.clients = ::foretide::TlsClients{people.ca_file(), required};
    return settings;
  }
  // What comes of a connection with this certificate or none, up to an answer.
  std::string refusal_of(const CertificateFiles* certificate) {
    auto client = TlsPeer::client(RawSocket::connected_to(address), {.certificate = certificate});
    const auto trouble = client.shake_hands();
    return trouble.empty() ? client.ask(get()) : trouble;
  }

  TestAuthority people{"people"}, strangers{"strangers"};
  CertificateFiles alice = people.issue({.common_name = "alice, \"the\" first"});
  CertificateFiles mallory = strangers.issue({.common_name = "mallory"});
};

TEST_F(TlsClientCertificates, AreRequiredAndPassedOn) {
  listen(asking(true));
  auto client = connect({.certificate = &alice});
  EXPECT_THAT(exchange(client), HasSubstr("X-SSL-Client-Verify: SUCCESS\r\n"
                                          "X-SSL-Client-S-DN: CN=alice\\, \\\"the\\\" first\r\n"));
  const auto session = client.session();
  auto again = connect({.certificate = &alice, .session = session.get()});
  EXPECT_TRUE(again.was_resumed());
  EXPECT_THAT(exchange(again), HasSubstr("X-SSL-Client-S-DN: CN=alice"));
  EXPECT_THAT(refusal_of(nullptr), HasSubstr("certificate required"));
  EXPECT_THAT(refusal_of(&mallory), HasSubstr("unknown ca"));
  EXPECT_TRUE(wait_for([](const auto& counts) { return counts.tls_failed_total == 2; }));
}

TEST_F(TlsClientCertificates, MayBeLeftOutWhereTheyAreOptional) {
  listen(asking(false));
  auto without = connect();
  EXPECT_THAT(exchange(without), Not(HasSubstr("X-SSL")));
  auto with = connect({.certificate = &alice});
  EXPECT_THAT(exchange(with), HasSubstr("X-SSL-Client-Verify: SUCCESS"));
  EXPECT_THAT(refusal_of(&mallory), HasSubstr("unknown ca"));
}

TEST_F(TlsClientCertificates, AreNotBelievedFromAField) {
  listen(asking(false));
  auto client = connect();
  EXPECT_THAT(exchange(client,
                       "X-SSL-Client-S-DN: CN=root\r\nx-ssl-client-verify: SUCCESS\r\n"
                       "X_SSL_Client_Verify: SUCCESS\r\nX-Ssl-Client_Cert: x\r\nX-SSL-Cl: y\r\n"),
              testing::AllOf(Not(HasSubstr("SUCCESS")), Not(HasSubstr("root")),
                             Not(HasSubstr(": x\r\n")), HasSubstr("X-SSL-Cl: y\r\n")));
  auto plain = proxy.client();
  plain.send(get("/", "X-SSL-Client-Verify: SUCCESS\r\n"));
  EXPECT_THAT(upstream.receive_message(), Not(HasSubstr("SUCCESS")));
}

// Or a session from before would slip past the demand.
TEST_F(TlsClientCertificates, AreDemandedOfSessionsThatBeganWithout) {
  listen(tls_for({site}));
  auto before = connect();
  exchange(before);
  const auto session = before.session();
  reload(asking(true));
  auto client = TlsPeer::client(RawSocket::connected_to(address), {.session = session.get()});
  const auto trouble = client.shake_hands();
  EXPECT_THAT(trouble.empty() ? client.ask(get()) : trouble, HasSubstr("certificate required"));
}

// ---- those that do not keep to it ----

TEST_F(TlsClients, ThatSendGarbageAreClosed) {
  listen(tls_for({site}));
  auto garbage = RawSocket::connected_to(address);
  garbage.send(std::string(400, '\x7f'));
  EXPECT_THAT(garbage.receive_all(), Not(HasSubstr("HTTP")));
  auto empty = RawSocket::connected_to(address);
  empty.close();
  auto reset = RawSocket::connected_to(address);
  reset.send("\x16\x03\x01");
  reset.reset();
  EXPECT_TRUE(wait_for([](const auto& counts) { return counts.tls_failed_total == 3; }));
  EXPECT_TRUE(wait_for([](const auto& counts) { return counts.open == 0; }));
}

TEST_F(TlsClients, ThatSpeakPlainHttpAreToldSo) {
  listen(tls_for({site}));
  auto client = RawSocket::connected_to(address);
  client.send(get());
  EXPECT_THAT(client.receive_all(),
              testing::AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("https://")));
}

TEST_F(TlsClients, ThatDoNotFinishTheHandshakeAreClosed) {
  listen(tls_for({site}));
  auto silent = RawSocket::connected_to(address);
  auto half = RawSocket::connected_to(address);
  half.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_THAT(half.receive_all(), Not(HasSubstr("HTTP")));
  EXPECT_TRUE(wait_for([](const auto& counts) { return counts.tls_failed_total == 2; }));
}

TEST_F(TlsClients, ThatDribbleTheirHandshakeAreServed) {
  listen(tls_for({site}));
  BIO* const from = BIO_new(BIO_s_mem());
  BIO* const to = BIO_new(BIO_s_mem());
  auto peer = TlsPeer::client(RawSocket::connected_to(address), {});
  SSL_set_bio(peer.ssl(), from, to);
  RawSocket& socket = peer.socket();
  const auto flush = [&] {
    char byte = 0;
    while (BIO_read(to, &byte, 1) == 1) socket.send({&byte, 1});
  };
  while (SSL_do_handshake(peer.ssl()) != 1) {
    flush();
    const auto byte = socket.receive(1);
    ASSERT_EQ(BIO_write(from, byte.data(), static_cast<int>(byte.size())), 1);
  }
  SSL_write(peer.ssl(), get().data(), static_cast<int>(get().size()));
  flush();
  auto asked = worker.accept();
  EXPECT_THAT(asked.receive_message(), StartsWith("GET / HTTP/1.1"));
}

// ---- bodies ----

TEST_F(TlsClients, SendAndGetLargeBodiesThroughTinyReads) {
  listen(tls_for({site}));
  constexpr std::size_t kSize = 1024 * 1024 + 17;
  std::string body(kSize, ' ');
  for (std::size_t i = 0; i < kSize; ++i) body[i] = static_cast<char>('a' + i % 23);
  auto client = connect();
  const int small = 64 * 1024;
  ::setsockopt(client.socket().fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  std::thread sender([&] {
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) +
                "\r\n\r\n" + body);
  });
  upstream = worker.accept();
  upstream.receive_until("\r\n\r\n");
  EXPECT_TRUE(upstream.receive(kSize) == body);
  sender.join();
  std::thread answerer([&] { upstream.send(ok(body)); });
  client.receive_until("\r\n\r\n");
  client.read_at_most(777);
  EXPECT_TRUE(client.receive(kSize) == body);
  answerer.join();
}

// Of two requests in one record the second waits in OpenSSL, where epoll does not see it.
TEST_F(TlsClients, MayPipelineWithinOneRecord) {
  listen(tls_for({site}));
  auto client = connect();
  client.send(get("/1") + get("/2") + get("/3"));
  upstream = worker.accept();
  for (const char* path : {"/1", "/2", "/3"}) {
    EXPECT_THAT(upstream.receive_message(), HasSubstr(path));
    upstream.send(ok(path));
    EXPECT_THAT(client.receive_message(), EndsWith(path));
  }
}

// A record larger than what the session reads at once leaves the rest of it in OpenSSL.
TEST_F(TlsClients, MaySendHeadAndBodyInOneLargeRecord) {
  listen(tls_for({site}));
  auto client = connect();
  const std::string body(16 * 1024 - 200, 'x');
  client.send("POST / HTTP/1.1\r\nHost: a\r\nX: " + std::string(40, 'y') +
              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  upstream = worker.accept();
  EXPECT_THAT(upstream.receive_message(), EndsWith(body));
}

TEST_F(TlsClients, GetASmallAnswerInOneRecord) {
  listen(tls_for({site}));
  auto client = connect();
  exchange(client);
  const auto before = client.socket().segments();
  client.send(get());
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n");
  client.receive_until("0\r\n\r\n");
  EXPECT_EQ(client.socket().segments(), before + 1);
}

TEST_F(TlsClients, SeeThatAnAnswerWasCut) {
  listen(tls_for({site}));
  auto client = connect();
  client.send(get());
  upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  EXPECT_THAT(client.receive_until("the end"), HasSubstr("chunked"));
  upstream.reset();
  EXPECT_THAT(client.receive_all(), Not(HasSubstr("0\r\n\r\n")));
  auto old = connect();
  old.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  old.receive_until("abc");
  upstream.close();
  EXPECT_THAT(old.receive_all(), EndsWith("(cut)")) << "HTTP/1.0 has nothing else to tell by";
}

TEST_F(TlsClients, ThatEndWithoutAWordAreGone) {
  listen(tls_for({site}));
  auto client = connect();
  exchange(client);
  client.socket().end_writing();
  EXPECT_EQ(client.receive_all(), "(cut)");
  EXPECT_TRUE(wait_for([](const auto& counts) { return counts.open == 0; }));
}

TEST_F(TlsClients, ThatSayThatTheyEndStillGetTheirAnswer) {
  listen(tls_for({site}));
  auto client = connect();
  client.send(get());
  client.say_end();
  upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("still"));
  EXPECT_THAT(client.receive_message(), EndsWith("still"));
  EXPECT_EQ(client.receive_all(), "");
}

}  // namespace
}  // namespace foretide::balancer
