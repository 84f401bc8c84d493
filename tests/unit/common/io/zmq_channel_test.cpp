// Real sockets on loopback. Keys, refusals and reconnects are libzmq's own behaviour as much as
// ours, so nothing is replaced by a stand-in here.
#include "common/io/zmq_channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <thread>
#include <zmq.hpp>

#include "common/wire/limits.hpp"
#include "run_until.hpp"

namespace foretide {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Peer {
  std::unique_ptr<ZmqClient> client;
  std::vector<std::string> arrived;
  std::vector<std::string> local_addresses;
  std::vector<std::string> troubles;
};

class ZmqChannel : public testing::Test {
 protected:
  void SetUp() override { server = start_server({"127.0.0.1", 0}, {"127.0.0.1", 0}); }

  std::unique_ptr<ZmqServer> start_server(Address control, Address telemetry) {
    auto bound = ZmqServer::bind(io, {control, telemetry, server_keys}, [this](Arrival arrival) {
      arrivals.push_back(std::move(arrival));
    });
    EXPECT_TRUE(bound) << bound.error();
    return std::move(*bound);
  }
  std::unique_ptr<Peer> dial(const KeyPair& own) { return dial(own, server_keys.public_key); }
  std::unique_ptr<Peer> dial(const KeyPair& own, const std::string& server_key) {
    auto peer = std::make_unique<Peer>();
    Peer* raw = peer.get();
    peer->client = ZmqClient::connect(
        io, {server->bound(Lane::kControl), server->bound(Lane::kTelemetry), own, server_key},
        {.on_arrival = [raw](Arrival a) { raw->arrived.push_back(a.bytes); },
         .on_connected = [raw](std::string address) { raw->local_addresses.push_back(address); },
         .on_disconnected = [raw](std::string reason) { raw->troubles.push_back(reason); }});
    return peer;
  }
  bool connected(const Peer& peer) {
    return run_until(io, [&] { return !peer.local_addresses.empty(); });
  }
  bool has_arrived(const std::string& bytes) {
    return run_until(io, [&] {
      return std::any_of(arrivals.begin(), arrivals.end(),
                         [&](const Arrival& a) { return a.bytes == bytes; });
    });
  }

  boost::asio::io_context io{1};
  const KeyPair server_keys = make_key_pair();
  const KeyPair keys = make_key_pair();
  std::vector<Arrival> arrivals;
  std::unique_ptr<ZmqServer> server;
};

TEST_F(ZmqChannel, AnAllowedKeyExchangesMessagesBothWays) {
  server->allow({keys.public_key});
  const auto peer = dial(keys);
  ASSERT_TRUE(connected(*peer));
  EXPECT_EQ(peer->local_addresses[0], "127.0.0.1");
  peer->client->send("hello");
  ASSERT_TRUE(has_arrived("hello"));
  EXPECT_EQ(arrivals[0].peer_key, keys.public_key);
  EXPECT_EQ(arrivals[0].lane, Lane::kControl);
  EXPECT_EQ(arrivals[0].peer_address, "127.0.0.1");
  server->send(keys.public_key, "welcome");
  server->send(keys.public_key, arrivals[0].connection, "by connection");
  ASSERT_TRUE(run_until(io, [&] { return peer->arrived.size() == 2; }));
  EXPECT_EQ(peer->arrived, (std::vector<std::string>{"welcome", "by connection"}));
  EXPECT_EQ(server->counts().received, 1u);
  EXPECT_EQ(peer->client->counts().dropped, 0u);
}

TEST_F(ZmqChannel, MessagesKeepTheirOrder) {
  server->allow({keys.public_key});
  const auto peer = dial(keys);
  ASSERT_TRUE(connected(*peer));
  for (int i = 0; i < 500; ++i) peer->client->send(std::to_string(i));
  ASSERT_TRUE(run_until(io, [&] { return arrivals.size() == 500; }));
  for (int i = 0; i < 500; ++i) ASSERT_EQ(arrivals[i].bytes, std::to_string(i));
}

TEST_F(ZmqChannel, AStrangersKeyIsRefusedAndToldSo) {
  server->allow({keys.public_key});
  const auto stranger = dial(make_key_pair());
  ASSERT_TRUE(run_until(io, [&] { return !stranger->troubles.empty(); }));
  EXPECT_THAT(stranger->troubles[0], HasSubstr("does not know this key"));
  EXPECT_TRUE(stranger->local_addresses.empty());
  EXPECT_GE(server->counts().refused_handshakes, 1u);
  stranger->client->send("let me in");
  const auto friendly = dial(keys);
  ASSERT_TRUE(connected(*friendly));
  friendly->client->send("mine");
  ASSERT_TRUE(has_arrived("mine"));
  EXPECT_EQ(arrivals.size(), 1u);
}

TEST_F(ZmqChannel, AKeyThatIsAllowedLaterGetsInWithoutARestart) {
  server->allow({});
  const auto peer = dial(keys);
  ASSERT_TRUE(run_until(io, [&] { return !peer->troubles.empty(); }));
  server->allow({keys.public_key});
  ASSERT_TRUE(connected(*peer));
  peer->client->send("hello");
  peer->client->send_telemetry("sample");
  EXPECT_TRUE(has_arrived("hello"));
  EXPECT_TRUE(has_arrived("sample"));
}

TEST_F(ZmqChannel, HandshakesWaitForTheFirstAllowList) {
  const auto peer = dial(keys);
  EXPECT_FALSE(run_until(
      io, [&] { return !peer->troubles.empty() || !peer->local_addresses.empty(); }, 300ms));
  server->allow({keys.public_key});
  ASSERT_TRUE(connected(*peer));
  EXPECT_TRUE(peer->troubles.empty());
}

// A peer as somebody else might write it, without a key or with one but on its own terms.
TEST_F(ZmqChannel, APeerWithoutAKeyIsRefused) {
  server->allow({keys.public_key});
  zmq::context_t context;
  zmq::socket_t plain(context, zmq::socket_type::dealer);
  plain.set(zmq::sockopt::linger, 0);
  plain.connect("tcp://" + server->bound(Lane::kControl).text());
  plain.send(zmq::str_buffer("no key"), zmq::send_flags::dontwait);
  const auto peer = dial(keys);
  ASSERT_TRUE(connected(*peer));
  peer->client->send("with a key");
  ASSERT_TRUE(has_arrived("with a key"));
  EXPECT_FALSE(run_until(
      io, [&] { return arrivals.size() > 1; }, 200ms));
}

TEST_F(ZmqChannel, ANameThatThePeerChoseItselfIsNotListenedTo) {
  server->allow({keys.public_key});
  zmq::context_t context;
  zmq::socket_t thief(context, zmq::socket_type::dealer);
  thief.set(zmq::sockopt::linger, 0);
  thief.set(zmq::sockopt::routing_id, "node-a");
  thief.set(zmq::sockopt::curve_serverkey, server_keys.public_key);
  thief.set(zmq::sockopt::curve_publickey, keys.public_key);
  thief.set(zmq::sockopt::curve_secretkey, keys.secret_key);
  thief.connect("tcp://" + server->bound(Lane::kControl).text());
  thief.send(zmq::str_buffer("I am node-a"), zmq::send_flags::dontwait);
  ASSERT_TRUE(run_until(io, [&] { return server->counts().dropped == 1; }));
  EXPECT_TRUE(arrivals.empty());
}

TEST_F(ZmqChannel, AServerWithAnotherKeyIsNeverTalkedTo) {
  server->allow({keys.public_key});
  const auto peer = dial(keys, make_key_pair().public_key);
  ASSERT_TRUE(run_until(io, [&] { return !peer->troubles.empty(); }));
  EXPECT_THAT(peer->troubles[0], HasSubstr("is not who it claims to be"));
  EXPECT_TRUE(peer->local_addresses.empty());
}

TEST_F(ZmqChannel, AKeyTakenOffTheListIsSilencedInItsLiveSession) {
  const KeyPair other = make_key_pair();
  server->allow({keys.public_key, other.public_key});
  const auto peer = dial(keys), second = dial(other);
  ASSERT_TRUE(connected(*peer));
  ASSERT_TRUE(connected(*second));
  peer->client->send("while allowed");
  ASSERT_TRUE(has_arrived("while allowed"));
  const std::uint64_t connection = arrivals[0].connection;
  peer->client->send_telemetry("a sample");
  ASSERT_TRUE(has_arrived("a sample"));
  server->allow({other.public_key});
  server->send(keys.public_key, "a secret");
  server->send(keys.public_key, connection, "a secret");
  peer->client->send("after");
  peer->client->send_telemetry("after");
  ASSERT_TRUE(run_until(io, [&] { return server->counts().dropped == 4; }));
  second->client->send("still here");
  ASSERT_TRUE(has_arrived("still here"));
  EXPECT_EQ(arrivals.size(), 3u);
  EXPECT_TRUE(peer->arrived.empty());
}

TEST_F(ZmqChannel, AKeysNewestConnectionGetsItsMessages) {
  server->allow({keys.public_key});
  const auto older = dial(keys);
  ASSERT_TRUE(connected(*older));
  older->client->send("older");
  ASSERT_TRUE(has_arrived("older"));
  const auto newer = dial(keys);
  ASSERT_TRUE(connected(*newer));
  newer->client->send("newer");
  ASSERT_TRUE(has_arrived("newer"));
  older->client->send("older again");
  ASSERT_TRUE(has_arrived("older again"));
  server->send(keys.public_key, "for the newest");
  server->send(keys.public_key, arrivals[0].connection, "for the older");
  ASSERT_TRUE(run_until(io, [&] { return !newer->arrived.empty() && !older->arrived.empty(); }));
  EXPECT_EQ(newer->arrived, std::vector<std::string>{"for the newest"});
  EXPECT_EQ(older->arrived, std::vector<std::string>{"for the older"});
}

TEST_F(ZmqChannel, WhatIsSentToNobodyIsCountedAndDropped) {
  server->allow({keys.public_key});
  server->send(keys.public_key, "is anybody there?");
  EXPECT_TRUE(run_until(io, [&] { return server->counts().dropped == 1; }));
}

TEST_F(ZmqChannel, OfUnsentTelemetryTheNewestWins) {
  const auto peer = dial(keys);  // the handshake waits for the allow list
  for (int i = 0; i <= 200; ++i) peer->client->send_telemetry(std::to_string(i));
  server->allow({keys.public_key});
  ASSERT_TRUE(has_arrived("200"));
  EXPECT_EQ(arrivals.back().lane, Lane::kTelemetry);
  EXPECT_EQ(arrivals.size(), 1u);
}

TEST_F(ZmqChannel, AnOwnerThatIsBusyFindsTheNewestTelemetryOnly) {
  server->allow({keys.public_key});
  const auto peer = dial(keys);
  ASSERT_TRUE(connected(*peer));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::uint64_t sent = 0;
  while (server->counts().received < 3 && std::chrono::steady_clock::now() < deadline) {
    if (server->counts().received == sent) peer->client->send_telemetry(std::to_string(++sent));
    std::this_thread::yield();
  }
  io.restart();
  io.poll();
  ASSERT_EQ(arrivals.size(), 1u);
  EXPECT_EQ(arrivals[0].bytes, "3");
}

TEST_F(ZmqChannel, ARestartedServerIsFoundAgain) {
  server->allow({keys.public_key});
  const auto peer = dial(keys);
  ASSERT_TRUE(connected(*peer));
  const Address control = server->bound(Lane::kControl),
                telemetry = server->bound(Lane::kTelemetry);
  server.reset();
  ASSERT_TRUE(run_until(io, [&] { return peer->troubles.size() >= 2; }));
  EXPECT_THAT(peer->troubles[0], HasSubstr("was lost"));
  EXPECT_THAT(peer->troubles[1], HasSubstr("connection refused"));
  server = start_server(control, telemetry);
  server->allow({keys.public_key});
  ASSERT_TRUE(run_until(io, [&] { return peer->local_addresses.size() == 2; }));
  peer->client->send("back");
  peer->client->send_telemetry("sample");
  EXPECT_TRUE(has_arrived("back"));
  EXPECT_TRUE(has_arrived("sample"));
}

TEST_F(ZmqChannel, AnAddressInUseIsAClearError) {
  const auto second = ZmqServer::bind(
      io, {server->bound(Lane::kControl), {"127.0.0.1", 0}, server_keys}, [](const Arrival&) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "cannot listen on " + server->bound(Lane::kControl).text() +
                                ": the address is in use by another program");
  const auto nowhere =
      ZmqServer::bind(io, {{"192.0.2.1", 0}, {"127.0.0.1", 0}, server_keys}, [](const Arrival&) {});
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error(), HasSubstr("this host has no such address"));
}

TEST_F(ZmqChannel, AKeyThatIsNoKeyIsAClearError) {
  const auto bound =
      ZmqServer::bind(io, {{"127.0.0.1", 0}, {"127.0.0.1", 0}, {"x", "y"}}, [](const Arrival&) {});
  EXPECT_FALSE(bound);
  const auto peer = dial(keys, "short");
  ASSERT_TRUE(run_until(io, [&] { return !peer->troubles.empty(); }));
  EXPECT_THAT(peer->troubles[0], HasSubstr("the coordinator's key is no key"));
}

TEST_F(ZmqChannel, AMessageThatIsTooLargeIsCutAndOthersGoOn) {
  const KeyPair flooding = make_key_pair();
  server->allow({keys.public_key, flooding.public_key});
  zmq::context_t context;
  zmq::socket_t flood(context, zmq::socket_type::dealer);
  flood.set(zmq::sockopt::linger, 0);
  flood.set(zmq::sockopt::curve_serverkey, server_keys.public_key);
  flood.set(zmq::sockopt::curve_publickey, flooding.public_key);
  flood.set(zmq::sockopt::curve_secretkey, flooding.secret_key);
  flood.connect("tcp://" + server->bound(Lane::kControl).text());
  flood.send(zmq::message_t(wire::kControlBytesMax + 1000), zmq::send_flags::none);
  const auto peer = dial(keys);
  ASSERT_TRUE(connected(*peer));
  peer->client->send(std::string(wire::kControlBytesMax, 'x'));
  peer->client->send(std::string(wire::kControlBytesMax + 1, 'y'));
  peer->client->send_telemetry(std::string(wire::kTelemetryBytesMax, 'z'));
  ASSERT_TRUE(has_arrived(std::string(wire::kControlBytesMax, 'x')));
  ASSERT_TRUE(has_arrived(std::string(wire::kTelemetryBytesMax, 'z')));
  EXPECT_EQ(arrivals.size(), 2u);
  EXPECT_EQ(peer->client->counts().dropped, 1u);
}

TEST_F(ZmqChannel, NothingIsCalledBackAfterItsEnd) {
  server->allow({keys.public_key});
  auto peer = dial(keys);
  ASSERT_TRUE(connected(*peer));
  for (int i = 0; i < 100; ++i) peer->client->send("late");
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (server->counts().received < 100 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  server.reset();
  peer.reset();
  io.restart();
  io.poll();
  EXPECT_TRUE(arrivals.empty());
}

TEST_F(ZmqChannel, ACallbackMayEndItsOwnChannel) {
  server->allow({keys.public_key});
  std::unique_ptr<ZmqClient> client;
  int calls = 0;
  client = ZmqClient::connect(io,
                              {server->bound(Lane::kControl), server->bound(Lane::kTelemetry), keys,
                               server_keys.public_key},
                              {.on_arrival = {},
                               .on_connected =
                                   [&](const std::string&) {
                                     ++calls;
                                     client.reset();
                                   },
                               .on_disconnected = [&](const std::string&) { ++calls; }});
  ASSERT_TRUE(run_until(io, [&] { return calls > 0; }));
  EXPECT_FALSE(run_until(
      io, [&] { return calls > 1; }, 100ms));
}

TEST(ZmqKeys, APublicKeyFollowsFromItsSecret) {
  const KeyPair keys = make_key_pair();
  const auto derived = public_key_for(keys.secret_key);
  ASSERT_TRUE(derived);
  EXPECT_EQ(*derived, keys.public_key);
  EXPECT_FALSE(public_key_for("nonsense"));
}

}  // namespace
}  // namespace foretide
