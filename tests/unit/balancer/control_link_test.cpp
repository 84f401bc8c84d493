// The line to the coordinator, with a coordinator that the test plays over the real encrypted
// channel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <filesystem>
#include <set>
#include <variant>

#include "balancer/io/control_link.hpp"
#include "common/wire/codec.hpp"
#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using wire::EndpointState;

class ControlLinks : public testing::Test {
 protected:
  ControlLinks() {
    char name[] = "/tmp/foretide-link-XXXXXX";
    folder_ = ::mkdtemp(name);
    auto server = ZmqServer::bind(io_, {{"127.0.0.1", 0}, {"127.0.0.1", 0}, server_keys_},
                                  [this](const Arrival& arrival) { hear(arrival); });
    EXPECT_TRUE(server) << server.error();
    server_ = std::move(*server);
    server_->allow({keys_.public_key});
  }

  ~ControlLinks() override {
    if (threads_) {
      bool empty = false;
      threads_->drain([&] { empty = true; });
      threads_->cancel();
      EXPECT_TRUE(until([&] { return empty; }));
    }
    link_.reset();
    threads_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start(HeldTables held = {}) {
    TrafficThreads::Settings settings;
    settings.threads = 2;
    settings.listen = {{.address = {"127.0.0.1", 0}}};
    settings.on_urgent = [this] {
      if (link_) link_->report_now();
    };
    auto threads = TrafficThreads::open(io_, std::move(settings));
    ASSERT_TRUE(threads) << threads.error();
    threads_ = std::move(*threads);
    threads_->run();
    ControlLink::Settings link;
    link.keys = keys_;
    link.balancer.name = "edge";
    link.balancer.coordinator = {server_->bound(Lane::kControl), server_->bound(Lane::kTelemetry),
                                 server_keys_.public_key};
    link_ = std::make_unique<ControlLink>(io_, std::move(link), *threads_,
                                          TableStore(folder_ + "/tables"), std::move(held),
                                          [this](const std::string& why) { refused_ = why; });
  }

  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io_.restart();
      io_.run_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  void hear(const Arrival& arrival) {
    auto message = wire::decode({arrival.bytes.data(), arrival.bytes.size()});
    ASSERT_TRUE(message) << message.error();
    if (std::holds_alternative<wire::Hello>(message->body)) ++hellos_;
    if (auto* ack = std::get_if<wire::TableAck>(&message->body)) acks_.push_back(*ack);
    if (auto* report = std::get_if<wire::TrafficReport>(&message->body)) {
      (arrival.lane == Lane::kControl ? urgent_ : regular_).push_back(*report);
    }
  }

  void say(wire::Body body) {
    server_->send(keys_.public_key, wire::encode({.envelope = {}, .body = std::move(body)}));
  }

  bool acknowledged(Stamp stamp, bool accepted = true) {
    return until([&] {
      while (!acks_.empty()) {
        last_ack_ = acks_.front();
        acks_.pop_front();
        if (last_ack_.applied == stamp && last_ack_.accepted == accepted) return true;
      }
      return false;
    });
  }

  static wire::ServiceTable table(Stamp stamp, std::vector<wire::Endpoint> endpoints) {
    wire::ServiceTable table;
    table.stamp = stamp;
    table.service = {"web"};
    table.endpoints = std::move(endpoints);
    return table;
  }
  static wire::MatchTable matches(Stamp stamp) { return {stamp, {{{"web"}, "", "", "", ""}}}; }

  boost::asio::io_context io_;
  const KeyPair server_keys_ = make_key_pair(), keys_ = make_key_pair();
  std::string folder_, refused_;
  std::unique_ptr<ZmqServer> server_;
  std::unique_ptr<TrafficThreads> threads_;
  std::unique_ptr<ControlLink> link_;
  int hellos_ = 0;
  std::deque<wire::TableAck> acks_;
  std::vector<wire::TrafficReport> urgent_, regular_;
  wire::TableAck last_ack_;
};

TEST_F(ControlLinks, GreetUntilWelcomedAndAgainWhenTheEpochGrows) {
  start();
  ASSERT_TRUE(until([&] { return hellos_ >= 2; }));
  say(wire::Welcome{"edge", 4});
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  const int before = hellos_;
  say(wire::Welcome{"edge", 5});
  EXPECT_TRUE(until([&] { return hellos_ > before; }));
}

TEST_F(ControlLinks, AcknowledgeATableOnceItIsAppliedAndOnDisk) {
  RawServer worker;
  start();
  ASSERT_TRUE(until([&] { return hellos_ > 0; }));
  say(wire::Welcome{"edge", 1});
  say(matches({1, 1}));
  say(table({1, 2}, {endpoint_at("a", worker.address())}));
  ASSERT_TRUE(acknowledged({1, 1}));
  EXPECT_FALSE(last_ack_.service);
  ASSERT_TRUE(acknowledged({1, 2}));
  EXPECT_EQ(last_ack_.service, ServiceId{"web"});
  const auto saved = TableStore(folder_ + "/tables").load();
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->stamp_of({"web"}), (Stamp{1, 2}));

  auto client = RawSocket::connected_to(threads_->bound()[0].address);
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("routed"));
  EXPECT_THAT(client.receive_message(), EndsWith("routed"));
}

TEST_F(ControlLinks, AnswerAnOlderTableWithWhatTheyHoldAndRefuseANonsensicalOne) {
  start();
  ASSERT_TRUE(until([&] { return hellos_ > 0; }));
  say(table({2, 5}, {}));
  ASSERT_TRUE(acknowledged({2, 5}));
  say(table({2, 4}, {endpoint_at("late", {"127.0.0.1", 1})}));
  ASSERT_TRUE(acknowledged({2, 5}));
  say(table({2, 6},
            {endpoint_at("twice", {"127.0.0.1", 1}), endpoint_at("twice", {"127.0.0.1", 1})}));
  ASSERT_TRUE(acknowledged({2, 5}, false));
  EXPECT_EQ(last_ack_.reason, "endpoint twice stands twice");
}

TEST_F(ControlLinks, ReportAtOnceWhatIsHeldAndRegularlyWhatWasServed) {
  start();
  ASSERT_TRUE(until([&] { return hellos_ > 0; }));
  say(wire::Welcome{"edge", 1});
  say(matches({1, 1}));
  say(table({1, 2}, {}));
  ASSERT_TRUE(acknowledged({1, 2}));
  auto client = RawSocket::connected_to(threads_->bound()[0].address);
  client.send(get());
  ASSERT_TRUE(until([&] {
    return !urgent_.empty() && !urgent_.back().services.empty() &&
           urgent_.back().services[0].held == 1;
  }));
  EXPECT_EQ(urgent_.back().services[0].arrivals_total, 1u);
  threads_->report([&](const TrafficSnapshot& snapshot) { link_->take_report(snapshot); });
  EXPECT_TRUE(until([&] { return !regular_.empty(); }));
}

TEST_F(ControlLinks, TellWhatTheyHoldFromDisk) {
  HeldTables held;
  held.keep(matches({7, 1}));
  held.keep(table({7, 2}, {endpoint_at("a", {"127.0.0.1", 1})}));
  start(held);
  EXPECT_TRUE(acknowledged({7, 1}));
  EXPECT_TRUE(acknowledged({7, 2}));
}

TEST_F(ControlLinks, DoNotAcknowledgeInAGreetingWhatIsNotOnDisk) {
  start();
  ASSERT_TRUE(until([&] { return hellos_ > 0; }));
  const std::string in_the_way = folder_ + "/tables";
  std::filesystem::create_directories(in_the_way + "/full");
  say(table({1, 2}, {}));
  ASSERT_TRUE(until([&] { return link_->held().stamp_of({"web"}) == Stamp{1, 2}; }));
  // What a greeting acknowledges has come when the next greeting comes.
  for (const std::uint64_t epoch : {5u, 6u}) {
    const int before = hellos_;
    say(wire::Welcome{"edge", epoch});
    ASSERT_TRUE(until([&] { return hellos_ > before; }));
  }
  EXPECT_TRUE(acks_.empty());
  std::filesystem::remove_all(in_the_way);
  say(table({1, 2}, {}));
  EXPECT_TRUE(acknowledged({1, 2}));
}

TEST_F(ControlLinks, EndWhenTheyAreRefusedForGood) {
  start();
  ASSERT_TRUE(until([&] { return hellos_ > 0; }));
  say(wire::Refusal{"this key is connected elsewhere", true});
  EXPECT_TRUE(until([&] { return !refused_.empty(); }));
}

// One may wait of each, whatever waits of the other.
TEST_F(ControlLinks, KeepTheQueuesOfTwoServicesApart) {
  start();
  ASSERT_TRUE(until([&] { return hellos_ > 0; }));
  auto web = table({1, 1}, {}), api = table({1, 2}, {});
  api.service = {"api"};
  web.policy.queue_max = api.policy.queue_max = 1;
  say(web);
  say(api);
  say(wire::MatchTable{{1, 3}, {{{"web"}, "", "/web", "", ""}, {{"api"}, "", "/api", "", ""}}});
  ASSERT_TRUE(acknowledged({1, 3}));
  std::vector<RawSocket> clients;
  for (const char* path : {"/web", "/api"}) {
    clients.push_back(RawSocket::connected_to(threads_->bound()[0].address));
    clients.back().send(get(path));
  }
  EXPECT_TRUE(until([&] {
    std::set<std::string> holding;
    for (const auto& report : urgent_) {
      for (const auto& service : report.services) {
        if (service.held == 1) holding.insert(service.service.text);
      }
    }
    return holding.size() == 2;
  }));
}

// One slot for two threads: whoever waits gets it, on whichever thread the other request ended.
TEST_F(ControlLinks, ShareAHardCapacityBetweenThreads) {
  RawServer worker;
  start();
  ASSERT_TRUE(until([&] { return hellos_ > 0; }));
  auto one = table({1, 2}, {endpoint_at("a", worker.address())});
  one.policy.hard_capacity = 1;
  say(matches({1, 1}));
  say(one);
  ASSERT_TRUE(acknowledged({1, 2}));
  std::vector<RawSocket> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(RawSocket::connected_to(threads_->bound()[0].address));
    clients.back().send(get());
  }
  ASSERT_TRUE(until([&] {
    std::uint32_t held = 0;
    for (const auto& report : urgent_) {
      for (const auto& service : report.services) held = service.held;
    }
    return held == 7;
  }));
  std::vector<RawSocket> connections;
  connections.push_back(worker.accept());  // the first thread's; the other opens its own later
  std::size_t current = 0;
  for (int served = 0; served < 8; ++served) {
    connections[current].receive_message();
    EXPECT_TRUE(worker.nobody_calls());
    connections[current].send(ok("shared"));
    if (served == 7) break;
    // The next request comes on a connection that is open already, or on a new one.
    bool found = false;
    ASSERT_TRUE(until([&] {
      for (std::size_t i = 0; i < connections.size() && !found; ++i) {
        if (!connections[i].stays_silent()) {
          current = i;
          found = true;
        }
      }
      if (!found && !worker.nobody_calls()) {
        connections.push_back(worker.accept());
        current = connections.size() - 1;
        found = true;
      }
      return found;
    }));
  }
  for (auto& client : clients) EXPECT_THAT(client.receive_message(), EndsWith("shared"));
}

}  // namespace
}  // namespace foretide::balancer
