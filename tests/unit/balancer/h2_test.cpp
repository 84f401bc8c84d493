// Clients that speak HTTP/2, before workers that speak HTTP/1.1.
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/unit/balancer/h2_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

class Http2 : public testing::Test {
 protected:
  Http2() { proxy.apply({endpoint_at("a", worker.address())}); }

  H2Client connect(H2Client::Windows windows = H2Client::Windows::kOpenAlways) {
    return H2Client(proxy.client(), windows);
  }
  // A request and a small answer.
  void exchange(H2Client& client) {
    const auto stream = client.request(h2_get("/small"));
    auto upstream = worker.accept();
    EXPECT_THAT(upstream.receive_message(), StartsWith("GET /small"));
    upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(client.finished(stream).body, "hi");
  }
  ConnectionCounts counts() {
    return proxy.on_thread([](TrafficThread& thread) { return thread.connections(); });
  }
  bool wait_for(const std::function<bool(const ConnectionCounts&)>& condition) {
    return proxy.wait_until([&](const auto&) { return condition(counts()); });
  }

  RawServer worker;
  Proxy proxy{with_front({.head_timeout = std::chrono::seconds(1)})};
};

TEST(Http2Times, EndAConnectionWithoutARequest) {
  RawServer worker;
  Proxy proxy(with_front({.idle_timeout = std::chrono::milliseconds(300)}));
  proxy.apply({endpoint_at("w", worker.address())});
  H2Client never(proxy.client());
  never.ping();
  never.flush();
  EXPECT_TRUE(never.wait_until([&] { return never.connection_ended(); }));
  EXPECT_EQ(never.goaway(), NGHTTP2_NO_ERROR);

  H2Client client(proxy.client());
  const auto stream = client.request(h2_get());
  auto upstream = worker.accept();
  upstream.receive_message();
  client.read_a_while();
  client.read_a_while();
  EXPECT_FALSE(client.connection_ended()) << "it waits for its answer";
  upstream.send(ok("late"));
  EXPECT_EQ(client.finished(stream).body, "late");
  EXPECT_TRUE(client.wait_until([&] { return client.connection_ended(); }));
  EXPECT_EQ(client.goaway(), NGHTTP2_NO_ERROR);
}

TEST_F(Http2, IsSpokenInTheClearWithWhoeverBeginsSo) {
  auto client = connect();
  const auto stream = client.request(h2_get("/path?q", {{"accept", "*/*"}, {"x-empty", ""}}));
  auto upstream = worker.accept();
  const auto head = upstream.receive_message();
  EXPECT_THAT(head, StartsWith("GET /path?q HTTP/1.1\r\naccept: */*\r\nx-empty: \r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nHost: a\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nVia: 2.0 foretide\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nX-Forwarded-Proto: http\r\n"));
  upstream.send(
      "HTTP/1.1 200 OK\r\nX-Thing: yes\r\nKeep-Alive: timeout=5\r\nConnection: x-gone\r\n"
      "X-Gone: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
  const auto& answer = client.finished(stream);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hi");
  EXPECT_THAT(answer.fields, Contains(Pair("x-thing", "yes")));
  for (const char* name : {"keep-alive", "connection", "transfer-encoding", "x-gone"}) {
    EXPECT_THAT(answer.fields, Not(Contains(Key(name))));
  }
  EXPECT_EQ(client.requests_at_once(), 128u);
  EXPECT_EQ(counts().http2_total, 1u);
}

TEST_F(Http2, BeginsWithAPrefaceInWhateverPieces) {
  auto socket = proxy.client();
  for (const char c : std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) socket.send({&c, 1});
  socket.send(std::string_view("\0\0\0\4\0\0\0\0\0", 9));  // empty SETTINGS
  EXPECT_THAT(socket.receive(9).substr(3, 1), "\4") << "SETTINGS";
}

TEST_F(Http2, DoesNotBeginInTheMidstOfHttp1) {
  auto client = proxy.client();
  client.send(get("/1"));
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("one"));
  client.receive_message();
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 "));
  EXPECT_EQ(counts().http2_total, 0u);
}

TEST_F(Http2, IsAgreedOnOverTls) {
  TestAuthority authority;
  const auto settings = tls_for({authority.issue({.names = {"a"}})});
  const auto address = proxy.listen_for_tls(loaded(settings, std::make_shared<TlsResumption>()));
  auto client = H2Client::over_tls(RawSocket::connected_to(address));
  const auto stream = client.request(h2_get("/secure"));
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_message(), HasSubstr("X-Forwarded-Proto: https\r\n"));
  upstream.send(ok(std::string(300'000, 's')));
  EXPECT_EQ(client.finished(stream).body, std::string(300'000, 's'));
  // Whoever offers both gets it; whoever wants HTTP/1.1 gets that.
  const auto protocol_for = [&](const std::string& offered) {
    auto peer = TlsPeer::client(RawSocket::connected_to(address), {.protocols = offered});
    EXPECT_EQ(peer.shake_hands(), "");
    return peer.protocol();
  };
  EXPECT_EQ(protocol_for("\x08http/1.1\x02h2"), "h2");
  EXPECT_EQ(protocol_for("\x08http/1.1"), "http/1.1");
}

TEST_F(Http2, IsNotSpokenOverTlsWhereItIsSwitchedOff) {
  TestAuthority authority;
  auto settings = tls_for({authority.issue({.names = {"a"}})});
  settings.http2 = false;
  const auto address = proxy.listen_for_tls(loaded(settings, std::make_shared<TlsResumption>()));
  auto peer =
      TlsPeer::client(RawSocket::connected_to(address), {.protocols = "\x02h2\x08http/1.1"});
  EXPECT_EQ(peer.shake_hands(), "");
  EXPECT_EQ(peer.protocol(), "http/1.1");
  peer.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  EXPECT_THAT(peer.receive_all(), StartsWith("HTTP/1.1 "));
}

// ---- messages ----

TEST_F(Http2, BodiesGoByLengthOrInPieces) {
  auto client = connect();
  const auto by_length = client.open(h2_post("/1", {{"content-length", "6"}}));
  client.send(by_length, "abc");
  auto first = worker.accept();
  EXPECT_THAT(first.receive_until("\r\n\r\nabc"), HasSubstr("Content-Length: 6\r\n"));
  client.send(by_length, "def");
  client.end(by_length);
  EXPECT_EQ(first.receive(3), "def");
  first.send(ok("one"));
  EXPECT_EQ(client.finished(by_length).body, "one");
  const auto in_pieces = client.open(h2_post("/2"));
  client.send(in_pieces, "abc");
  EXPECT_THAT(first.receive_until("3\r\nabc\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
  first.send("HTTP/1.1 200 OK\r\n\r\nfirst");  // ends with the connection
  EXPECT_TRUE(client.wait_until([&] { return client.answer(in_pieces).body == "first"; }));
  client.send(in_pieces, "d");
  client.end(in_pieces);
  EXPECT_EQ(first.receive_until("0\r\n\r\n"), "1\r\nd\r\n0\r\n\r\n");
  EXPECT_FALSE(client.answer(in_pieces).ended);
  first.send(" last");
  first.close();
  EXPECT_EQ(client.finished(in_pieces).body, "first last");
  EXPECT_FALSE(client.answer(in_pieces).reset);
}

TEST_F(Http2, LargeBodiesArriveWhole) {
  std::string body(1'300'000, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  auto client = connect();
  const auto stream = client.open(h2_post("/large"));
  client.send(stream, body);
  client.end(stream);
  auto upstream = worker.accept();
  std::string received;
  std::thread reader([&] {
    upstream.receive_until("\r\n\r\n");
    for (;;) {
      const auto size = std::stoul(upstream.receive_until("\r\n"), nullptr, 16);
      received += upstream.receive(size);
      upstream.receive(2);
      if (size == 0) break;
    }
    upstream.send(ok(received));
  });
  EXPECT_TRUE(client.finished(stream).body == body);
  reader.join();
  EXPECT_TRUE(received == body);
}

TEST_F(Http2, AnswersWithoutABodyEndWithTheirHead) {
  auto client = connect();
  auto head = h2_get("/head");
  head[0].second = "HEAD";
  const auto to_head = client.request(head);
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  EXPECT_THAT(client.finished(to_head).fields, Contains(Pair("content-length", "10")));
  EXPECT_EQ(client.answer(to_head).body, "");
  EXPECT_FALSE(client.answer(to_head).reset);
  const auto empty = client.request(h2_get("/204"));
  upstream.receive_message();
  upstream.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(client.finished(empty).status, 204);
}

TEST_F(Http2, InterimAnswersComeBeforeTheFinalOne) {
  auto client = connect();
  const auto stream = client.open(h2_post("/", {{"expect", "100-continue"}}));
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_until("\r\n\r\n"), HasSubstr("100-continue"));
  upstream.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_TRUE(client.wait_until([&] { return client.answer(stream).interim.size() == 2; }));
  EXPECT_THAT(client.answer(stream).interim, ElementsAre(100, 103));
  client.send(stream, "x");
  client.end(stream);
  upstream.receive_until("0\r\n\r\n");
  upstream.send(ok("done"));
  EXPECT_EQ(client.finished(stream).body, "done");
}

TEST_F(Http2, ACutAnswerIsReset) {
  auto client = connect();
  const auto by_length = client.request(h2_get("/1"));
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(client.wait_until([&] { return client.answer(by_length).body == "abc"; }));
  upstream.close();
  EXPECT_EQ(client.finished(by_length).reset, NGHTTP2_INTERNAL_ERROR);
  EXPECT_FALSE(client.answer(by_length).ended);
  const auto in_chunks = client.request(h2_get("/2"));
  auto second = worker.accept();
  second.receive_message();
  second.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  EXPECT_TRUE(client.wait_until([&] { return client.answer(in_chunks).body == "abc"; }));
  second.close();
  EXPECT_EQ(client.finished(in_chunks).reset, NGHTTP2_INTERNAL_ERROR);
  exchange(client);
}

TEST_F(Http2, AnEarlyAnswerEndsTheUpload) {
  auto client = connect();
  const auto stream = client.open(h2_post("/"));
  client.send(stream, "beginning");
  auto upstream = worker.accept();
  upstream.receive_until("beginning");
  upstream.send("HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 4\r\n\r\nmuch");
  EXPECT_TRUE(client.wait_until([&] { return client.answer(stream).reset.has_value(); }));
  EXPECT_EQ(client.answer(stream).status, 413);
  EXPECT_EQ(client.answer(stream).body, "much");
  EXPECT_TRUE(client.answer(stream).ended) << "the answer is whole";
  EXPECT_EQ(client.answer(stream).reset, NGHTTP2_NO_ERROR);
  exchange(client);
}

TEST_F(Http2, ManyRequestsAreServedAtOnceInAnyOrder) {
  auto client = connect();
  std::vector<std::int32_t> streams;
  for (int i = 0; i < 100; ++i) streams.push_back(client.request(h2_get("/" + std::to_string(i))));
  std::vector<RawSocket> upstreams;
  std::vector<std::string> paths;
  for (int i = 0; i < 100; ++i) {
    upstreams.push_back(worker.accept());
    const auto head = upstreams.back().receive_message();
    paths.push_back(head.substr(4, head.find(' ', 4) - 4));
  }
  for (int i = 99; i >= 0; --i)
    upstreams[static_cast<std::size_t>(i)].send(ok(paths[static_cast<std::size_t>(i)]));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.finished(streams[static_cast<std::size_t>(i)]).body, "/" + std::to_string(i));
  }
}

// ---- what is malformed, and what is too much ----

TEST_F(Http2, AMalformedRequestIsResetAndNothingOfItForwarded) {
  auto client = connect();
  const std::vector<H2Fields> malformed{
      h2_get("/", {{"X-Upper", "a"}}),
      h2_get("/", {{"connection", "close"}}),
      h2_get("/", {{"transfer-encoding", "chunked"}}),
      h2_get("/", {{"te", "gzip"}}),
      h2_get("/", {{":path", "/again"}}),
      h2_get("/", {{"host", "b"}}),
      h2_get("/", {{"content-length", "5"}}),
      h2_get("/ with space"),
      h2_get("http://b/"),
      {{":method", "GET"}, {":path", "/"}},
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}},
  };
  for (const auto& fields : malformed) {
    const auto stream = client.request(fields);
    EXPECT_EQ(client.finished(stream).reset, NGHTTP2_PROTOCOL_ERROR) << fields.back().first;
    EXPECT_EQ(client.answer(stream).status, 0);
  }
  const auto longer = client.open(h2_post("/", {{"content-length", "2"}}));
  client.send(longer, "abc");
  EXPECT_EQ(client.finished(longer).reset, NGHTTP2_PROTOCOL_ERROR);
  const auto shorter = client.open(h2_post("/", {{"content-length", "9"}}));
  client.send(shorter, "abc");
  client.end(shorter);
  EXPECT_EQ(client.finished(shorter).reset, NGHTTP2_PROTOCOL_ERROR);
  while (!worker.nobody_calls()) worker.accept().receive_all();  // the last two had begun
  exchange(client);
}

// The time of a head is over once it was found fault with.
TEST_F(Http2, AMalformedRequestDoesNotEndTheOthersLater) {
  auto client = connect();
  const auto long_one = client.request(h2_get("/long"));
  auto upstream = worker.accept();
  upstream.receive_message();
  EXPECT_TRUE(client.finished(client.request(h2_get("/", {{"X-Upper", "a"}}))).reset);
  const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(1200);
  while (std::chrono::steady_clock::now() < later) client.read_a_while();
  upstream.send(ok("still"));
  EXPECT_EQ(client.finished(long_one).body, "still");
}

TEST_F(Http2, AHeadThatDoesNotEndEndsTheConnection) {
  auto client = connect();
  exchange(client);  // all settings are acknowledged: nothing else may come within a head
  // HEADERS of stream 3 without END_HEADERS, nothing in it.
  client.send_raw(std::string_view("\0\0\0\1\0\0\0\0\3", 9));
  EXPECT_TRUE(client.wait_until([&] { return client.connection_ended(); }));
  EXPECT_TRUE(wait_for([](const auto& counts) { return counts.refused_requests_total == 1; }));
}

TEST_F(Http2, AHeadThatIsTooLargeIsAnsweredOnItsStream) {
  auto client = connect();
  const auto large = client.request(
      h2_get("/", {{"x", std::string(14'000, 'x')}, {"y", std::string(4'000, 'y')}}));
  EXPECT_EQ(client.finished(large).status, 431);
  H2Fields many = h2_get();
  for (int i = 0; i < 150; ++i) many.emplace_back("x-" + std::to_string(i), "y");
  EXPECT_EQ(client.finished(client.request(many)).status, 431);
  EXPECT_EQ(client.finished(client.request(h2_get("/" + std::string(9000, 'p')))).status, 414);
  EXPECT_TRUE(worker.nobody_calls());
  exchange(client);
}

TEST_F(Http2, ConnectIsRefused) {
  auto client = connect();
  const auto stream = client.open({{":method", "CONNECT"}, {":authority", "a:443"}});
  EXPECT_EQ(client.finished(stream).status, 405);
  EXPECT_TRUE(worker.nobody_calls());
}

TEST_F(Http2, TrailersAreDropped) {
  auto client = connect();
  const auto stream = client.open(h2_post("/"));
  client.send(stream, "abc");
  auto upstream = worker.accept();
  upstream.receive_until("3\r\nabc\r\n");
  // HEADERS with END_STREAM and END_HEADERS: "x-a: b", not indexed.
  const std::string block("\0\3x-a\1b", 7);
  std::string frame("\0\0\7\1\5\0\0\0", 8);
  frame += static_cast<char>(stream);
  client.send_raw(frame + block);
  EXPECT_EQ(upstream.receive_until("0\r\n\r\n"), "0\r\n\r\n");
  upstream.send(ok("fine"));
  EXPECT_EQ(client.finished(stream).body, "fine");
}

// ---- backpressure ----

TEST_F(Http2, AnUploadIsHeldByTheWorkerThatDoesNotRead) {
  auto client = connect();
  const auto stream = client.open(h2_post("/slow"));
  client.send(stream, std::string(20'000'000, 'u'));
  auto upstream = worker.accept();
  client.read_a_while();
  // The kernel's buffers, the stream's window and a few blocks; not twenty megabytes.
  const auto taken = [&] { return 20'000'000 - static_cast<std::int64_t>(client.unsent(stream)); };
  EXPECT_GT(taken(), 65'535);
  EXPECT_LT(taken(), 10'000'000);
  const auto before = taken();
  client.read_a_while();
  EXPECT_EQ(taken(), before);
  exchange(client);  // and another stream is not
  client.reset(stream, NGHTTP2_CANCEL);
  EXPECT_FALSE(upstream.receive_all().ends_with("0\r\n\r\n")) << "it is not the whole";
}

TEST_F(Http2, ADownloadIsHeldByTheClientThatDoesNotRead) {
  auto client = connect(H2Client::Windows::kAsTold);
  const auto stream = client.request(h2_get("/large"));
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
  const auto taken = upstream.send_until_blocked(50'000'000, "d");
  EXPECT_LT(taken, 20'000'000u);
  EXPECT_TRUE(client.wait_until([&] { return client.answer(stream).body.size() == 65'535; }));
  client.read_a_while();
  EXPECT_EQ(client.answer(stream).body.size(), 65'535u) << "what its window lets in";
  client.consume(stream, 65'535);
  EXPECT_TRUE(client.wait_until([&] { return client.answer(stream).body.size() == 131'070; }));
  client.reset(stream, NGHTTP2_CANCEL);
  EXPECT_THAT(upstream.receive_all(), EndsWith("(reset)"));
}

// Its own window is closed, but not the connection's.
TEST_F(Http2, ASlowStreamBlocksNoOther) {
  auto client = connect(H2Client::Windows::kAsTold);
  const auto slow = client.request(h2_get("/slow"));
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n");
  upstream.send_until_blocked(10'000'000, "d");
  EXPECT_TRUE(client.wait_until([&] { return client.answer(slow).body.size() == 65'535; }));
  client.open_connection_window(1'000'000);
  for (int i = 0; i < 5; ++i) exchange(client);
}

// ---- ends ----

TEST_F(Http2, AResetStreamEndsItsRequest) {
  auto client = connect();
  const auto stream = client.request(h2_get("/long"));
  auto upstream = worker.accept();
  upstream.receive_message();
  client.reset(stream, NGHTTP2_CANCEL);
  EXPECT_TRUE(upstream.has_ended());
  exchange(client);
}

TEST_F(Http2, AClientThatIsGoneEndsAllItsRequests) {
  std::vector<RawSocket> upstreams;
  {
    auto client = connect();
    for (int i = 0; i < 3; ++i) {
      client.request(h2_get("/long"));
      upstreams.push_back(worker.accept());
      upstreams.back().receive_message();
    }
  }
  for (auto& upstream : upstreams) EXPECT_TRUE(upstream.has_ended());
  EXPECT_TRUE(wait_for([](const auto& counts) { return counts.open == 0; }));
  EXPECT_EQ(counts().abandoned_total, 3u);
}

TEST_F(Http2, ADrainLetsWhatWasBegunEnd) {
  auto client = connect();
  const auto stream = client.request(h2_get("/long"));
  auto upstream = worker.accept();
  upstream.receive_message();
  proxy.on_thread([](TrafficThread& thread) {
    thread.drain({});
    return true;
  });
  EXPECT_TRUE(client.wait_until([&] { return client.goaway().has_value(); }));
  EXPECT_EQ(client.goaway(), NGHTTP2_NO_ERROR);
  EXPECT_EQ(client.goaway_last(), (1U << 31) - 1) << "the first only warns";
  EXPECT_TRUE(client.wait_until([&] { return client.goaway_last() == stream; }));
  EXPECT_FALSE(client.connection_ended());
  upstream.send(ok("ended"));
  EXPECT_EQ(client.finished(stream).body, "ended");
  EXPECT_THAT(client.answer(stream).fields, Not(Contains(Key("connection"))));
  EXPECT_TRUE(client.wait_until([&] { return client.connection_ended(); }));
}

// Between the first GOAWAY and the second a client that has not heard of it may still ask.
TEST_F(Http2, ADrainStillTakesWhatWasOnItsWay) {
  auto client = connect();
  exchange(client);
  auto other = connect();
  const auto stream = other.request(h2_get("/long"));
  auto upstream = worker.accept();
  upstream.receive_message();
  proxy.on_thread([](TrafficThread& thread) {
    thread.drain({});
    return true;
  });
  const auto late = client.request(h2_get("/late"));  // its GOAWAY is not read yet
  auto second = worker.accept();
  second.receive_message();
  second.send(ok("late"));
  EXPECT_EQ(client.finished(late).body, "late");
  upstream.send(ok("ended"));
  EXPECT_EQ(other.finished(stream).body, "ended");
}

TEST_F(Http2, GarbageEndsTheConnection) {
  auto client = connect();
  exchange(client);
  client.send_raw(std::string(100, '\x7f'));
  EXPECT_TRUE(client.wait_until([&] { return client.connection_ended(); }));
  EXPECT_EQ(client.goaway(), NGHTTP2_FRAME_SIZE_ERROR);
  auto half = proxy.client();
  half.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
  half.receive_all();
  EXPECT_TRUE(wait_for([](const auto& counts) { return counts.open == 0; }));
}

// ---- floods ----

class Floods : public Http2 {
 protected:
  // Until the proxy has had enough.
  void flood(H2Client& client, const std::function<void()>& once) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!client.goaway() && std::chrono::steady_clock::now() < deadline) {
      for (int i = 0; i < 50; ++i) once();
      client.read_what_is_there();
    }
    EXPECT_TRUE(client.wait_until([&] { return client.connection_ended(); }));
    EXPECT_EQ(client.goaway(), NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_EQ(counts().http2_calmed_total, 1u);
  }
};

// CVE-2023-44487.
TEST_F(Floods, OfResetsAreEnded) {
  proxy.apply({});  // requests are held
  auto client = connect();
  flood(client, [&] { client.reset(client.request(h2_get()), NGHTTP2_CANCEL); });
  EXPECT_TRUE(proxy.wait_until([](const auto& traffic) { return traffic.held == 0; }));
  EXPECT_LT(proxy.traffic().arrivals_total, 400u) << "what was taken of them";
}

// A request that the proxy has to reset costs the same.
TEST_F(Floods, OfMalformedRequestsAreEnded) {
  auto client = connect();
  flood(client, [&] { client.request(h2_get("no-slash")); });
  EXPECT_EQ(proxy.traffic().arrivals_total, 0u);
}

TEST_F(Floods, OfPingsAreEnded) {
  auto client = connect();
  flood(client, [&] { client.ping(); });
}

TEST_F(Floods, OfSettingsAreEnded) {
  auto client = connect();
  flood(client, [&] { client.settings(); });
}

TEST_F(Floods, OfEmptyDataAreEnded) {
  auto client = connect();
  const auto stream = client.open(h2_post("/"));
  std::string frame("\0\0\0\0\0\0\0\0", 8);
  frame += static_cast<char>(stream);
  flood(client, [&] { client.send_raw(frame); });
}

TEST_F(Floods, AreNotWhatABrowserDoes) {
  auto client = connect();
  for (int i = 0; i < 100; ++i) client.reset(client.request(h2_get()), NGHTTP2_CANCEL);
  for (int i = 0; i < 100; ++i) client.ping();
  client.read_a_while();
  EXPECT_FALSE(client.goaway());
}

}  // namespace
}  // namespace foretide::balancer
