// Choosing as clients and workers see it: to whom requests go that belong together, where a
// repeated one goes, in which order clients are served and what they are told when they are not.
#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Balance = wire::TrafficPolicy::Balance;
using Kind = wire::KeySource::Kind;

// A worker that answers with its name for as long as it lives.
class Named {
 public:
  explicit Named(std::string name) : name_(std::move(name)), thread_([this] { accept_all(); }) {}
  ~Named() {
    ending_ = true;
    RawSocket::connected_to(server_.address());
    thread_.join();
  }
  const Address& address() const { return server_.address(); }

 private:
  void accept_all() {
    std::vector<std::thread> connections;
    for (;;) {
      auto socket = std::make_shared<RawSocket>(server_.accept_some_time());
      if (ending_) break;
      connections.emplace_back([this, socket] {
        while (!socket->receive_message().empty()) socket->send(ok(name_));
      });
    }
    for (auto& connection : connections) connection.join();
  }
  std::string name_;
  RawServer server_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

class ChoosingProxy : public testing::Test {
 protected:
  ~ChoosingProxy() override {
    proxy.apply({endpoint_at("a", a.address(), wire::EndpointState::kGone),
                 endpoint_at("b", b.address(), wire::EndpointState::kGone),
                 endpoint_at("c", c.address(), wire::EndpointState::kGone)});
  }
  void apply() {
    proxy.apply({endpoint_at("a", a.address()), endpoint_at("b", b.address()),
                 endpoint_at("c", c.address())});
  }
  std::string name_for(const std::string& request) {
    auto client = proxy.client();
    client.send(request);
    const std::string answer = client.receive_message();
    return answer.substr(answer.rfind('\n') + 1);
  }
  Proxy proxy;
  Named a{"a"}, b{"b"}, c{"c"};
};

TEST_F(ChoosingProxy, SendsAUserToTheSameWorker) {
  proxy.policy.balance = Balance::kHash;
  proxy.policy.balance_key = {Kind::kHeader, "X-User"};
  apply();
  std::set<std::string> seen;
  for (int user = 0; user < 12; ++user) {
    const std::string request = get("/", "X-User: " + std::to_string(user) + "\r\n");
    const std::string home = name_for(request);
    seen.insert(home);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(name_for(request), home);
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST_F(ChoosingProxy, SendsAPromptWhereItsBeginningWent) {
  proxy.policy.balance = Balance::kPrefixAffinity;
  proxy.policy.body_look_bytes = 4096;
  apply();
  std::set<std::string> seen;
  for (const char conversation : {'x', 'y', 'z'}) {
    std::string body(600, conversation), home;
    for (int turn = 0; turn < 4; ++turn) {
      const std::string name =
          name_for("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\n\r\n" + body);
      EXPECT_TRUE(turn == 0 || name == home) << name;
      home = name;
      body += std::string(700, 'n');
    }
    seen.insert(home);
  }
  EXPECT_GT(seen.size(), 1u) << "another conversation, another worker";
}

TEST_F(ChoosingProxy, TellsWhoIsIllOnlyUntilMostAre) {
  proxy.policy.balance = Balance::kRoundRobin;
  proxy.policy.ready_probe = wire::ReadyProbe{};
  apply();
  proxy.on_thread([](TrafficThread& thread) {
    thread.set_health({"web"}, {"b"}, Health::kBad);
    return true;
  });
  for (int i = 0; i < 6; ++i) EXPECT_NE(name_for(get()), "b");
}

class Waiting : public WorkerBehindProxy {};

TEST_F(Waiting, IsFairToAClientThatAsksOnce) {
  proxy.policy.hard_capacity = 1;
  proxy.policy.queue_order = wire::TrafficPolicy::QueueOrder::kFair;
  proxy.policy.queue_key = {Kind::kHeader, "X-User"};
  proxy.apply({endpoint_at("a", worker.address())});
  std::vector<RawSocket> clients;
  const std::vector<std::string> users{"many", "many", "many", "many", "once"};
  for (std::uint32_t i = 0; i < users.size(); ++i) {
    clients.push_back(proxy.client());
    clients.back().send(get("/" + std::to_string(i), "X-User: " + users[i] + "\r\n"));
    ASSERT_TRUE(proxy.wait_until([&](const auto& t) { return t.arrivals_total == i + 1; }));
  }
  ASSERT_TRUE(held(4));
  auto upstream = worker.accept();
  std::vector<std::string> order;
  for (std::size_t i = 0; i < users.size(); ++i) {
    order.push_back(upstream.receive_message().substr(4, 2));
    upstream.send(ok("done"));
  }
  EXPECT_THAT(order, testing::ElementsAre("/0", "/1", "/4", "/2", "/3"));
  for (auto& client : clients) EXPECT_THAT(client.receive_message(), EndsWith("done"));
}

TEST_F(Waiting, TellsWhoIsRefusedWhenToComeBack) {
  proxy.policy.hard_capacity = 1;
  proxy.policy.queue_max = 0;
  proxy.apply({endpoint_at("a", worker.address())});
  auto first = proxy.client(), refused = proxy.client();
  first.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  refused.send(get());
  const auto answer = refused.receive_message();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 5\r\n"));
  upstream.send(ok("first"));
  EXPECT_THAT(first.receive_message(), EndsWith("first"));
}

// By load both are alike; the one that has just failed is not asked again.
TEST_F(Waiting, RepeatsARequestAtAnotherWorker) {
  RawServer second;
  for (int i = 0; i < 4; ++i) {
    proxy.apply({endpoint_at("a", worker.address()), endpoint_at("b", second.address())});
    auto client = proxy.client();
    client.send(get());
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (worker.nobody_calls() && second.nobody_calls()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
    RawServer& asked = worker.nobody_calls() ? second : worker;
    RawServer& other = &asked == &worker ? second : worker;
    auto broken = asked.accept();
    broken.receive_message();
    broken.close();
    auto upstream = other.accept();
    upstream.receive_message();
    upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nsaved");
    EXPECT_THAT(client.receive_message(), HasSubstr("200 OK"));
  }
}

}  // namespace
}  // namespace foretide::balancer
