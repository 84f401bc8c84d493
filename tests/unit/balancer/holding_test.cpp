// What happens to requests that find no worker: holding, letting go, refusing; and how endpoints
// leave.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>

#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using wire::EndpointState;

class Holding : public testing::Test {
 protected:
  void serve(RawSocket& upstream, std::string_view body) {
    upstream.receive_message();
    upstream.send(ok(body));
  }
  bool held(std::uint32_t count) {
    return proxy.wait_until([&](const auto& traffic) { return traffic.held == count; });
  }

  RawServer worker;
  Proxy proxy;
};

TEST_F(Holding, ServesWhatWaitedOnceAWorkerIsThere) {
  proxy.apply({});
  auto client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(held(1));
  proxy.apply({endpoint_at("a", worker.address())});
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_message(), EndsWith("hello"));
  upstream.send(ok("awake"));
  EXPECT_THAT(client.receive_message(), EndsWith("awake"));
  const auto traffic = proxy.traffic();
  EXPECT_EQ(traffic.arrivals_total, 1u);
  EXPECT_EQ(traffic.held_total, 1u);
  EXPECT_EQ(traffic.completed_total, 1u);
}

TEST(HoldingWithoutRoutes, LastsUntilTheFirstRoutingTable) {
  RawServer worker;
  Proxy proxy({}, Routes::kNone);
  auto client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(client.stays_silent());
  proxy.route();
  proxy.apply({endpoint_at("a", worker.address())});
  auto upstream = worker.accept();
  EXPECT_THAT(upstream.receive_message(), EndsWith("hello"));
  upstream.send(ok("awake"));
  EXPECT_THAT(client.receive_message(), EndsWith("awake"));
}

TEST(HoldingWithoutRoutes, EndsWhenThereIsNobodyToSendThem) {
  Proxy proxy({}, Routes::kNone);
  auto early = proxy.client();
  early.send(get());
  EXPECT_TRUE(early.stays_silent());
  proxy.on_thread([](TrafficThread& thread) { return thread.coordinator_lost(true), true; });
  EXPECT_THAT(early.receive_message(), HasSubstr("no coordinator to send one"));
  auto late = proxy.client();
  late.send(get());
  EXPECT_THAT(late.receive_message(), StartsWith("HTTP/1.1 503 "));
}

TEST(HoldingWithoutRoutes, GivesUpWhoHasGone) {
  Proxy proxy({}, Routes::kNone);
  auto client = proxy.client();
  client.send(get());
  EXPECT_TRUE(client.stays_silent());
  client.reset();
  const auto open = [](TrafficThread& thread) { return thread.connections().open; };
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (proxy.on_thread(open) != 0) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
}

TEST_F(Holding, NeverExceedsTheHardCapacityAndKeepsTheOrder) {
  proxy.policy.hard_capacity = 1;
  proxy.apply({endpoint_at("a", worker.address())});
  std::vector<RawSocket> clients;
  for (std::uint32_t i = 0; i < 4; ++i) {
    clients.push_back(proxy.client());
    clients.back().send(get("/" + std::to_string(i)));
    ASSERT_TRUE(proxy.wait_until([&](const auto& t) { return t.arrivals_total == i + 1; }));
  }
  ASSERT_TRUE(held(3));
  auto upstream = worker.accept();
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(upstream.receive_message(), StartsWith("GET /" + std::to_string(i) + " "));
    EXPECT_TRUE(upstream.stays_silent());
    upstream.send(ok(std::to_string(i)));
  }
  EXPECT_TRUE(worker.nobody_calls());
  for (auto& client : clients) EXPECT_THAT(client.receive_message(), StartsWith("HTTP/1.1 200"));
}

TEST_F(Holding, TriesAgainWhereConnectionsAreRefused) {
  const Address address = closed_address();
  proxy.apply({endpoint_at("a", address)});
  auto client = proxy.client();
  client.send(get());
  ASSERT_TRUE(held(1));
  RawServer late(address.port);
  auto upstream = late.accept();
  serve(upstream, "late");
  EXPECT_THAT(client.receive_message(), EndsWith("late"));
}

// A worker that restarts gently: it stops listening while it still answers on what is connected.
TEST_F(Holding, FindsOutByANewConnectionWhetherAWorkerListensAgain) {
  auto before = std::make_unique<RawServer>();
  const Address address = before->address();
  proxy.apply({endpoint_at("a", address)});
  auto first = proxy.client(), second = proxy.client();
  first.send(get("/1"));
  auto former = before->accept();
  former.receive_message();
  before.reset();
  second.send(get("/2"));
  ASSERT_TRUE(held(1));
  former.send(ok("one"));
  EXPECT_THAT(first.receive_message(), EndsWith("one"));
  EXPECT_TRUE(former.stays_silent()) << "a trial came on the former connection";
  RawServer after(address.port);
  auto upstream = after.accept();
  serve(upstream, "two");
  EXPECT_THAT(second.receive_message(), EndsWith("two"));
  EXPECT_TRUE(proxy.wait_until([](const auto& traffic) { return traffic.completed_total == 2; }));
}

TEST_F(Holding, EndsWhereNobodyAnswersACall) {
  SilentAddress one, other;
  proxy.policy.connect_timeout = 600ms;  // longer than an endpoint rests: one is always to be tried
  proxy.policy.queue_wait = 1s;
  proxy.apply({endpoint_at("one", one.address()), endpoint_at("other", other.address())});
  auto client = proxy.client();
  client.send(get());
  const auto answer = client.receive_message();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(answer, HasSubstr("every worker refuses"));
  const auto traffic = proxy.traffic();
  EXPECT_EQ(traffic.refused_total, 1u);
  EXPECT_EQ(traffic.in_flight, 0u);
}

// The time to wait for a worker is over with the first failed call, but another worker is there.
TEST_F(Holding, ChoosesAnotherAlthoughItMayNotWait) {
  SilentAddress silent;
  proxy.policy.connect_timeout = 30ms;
  proxy.policy.queue_wait = 0ms;
  proxy.apply({endpoint_at("silent", silent.address()), endpoint_at("open", worker.address())});
  auto client = proxy.client();
  RawSocket upstream;
  for (int i = 0; i < 2; ++i) {
    client.send(get());
    if (!upstream.is_open()) upstream = worker.accept();
    serve(upstream, "served");
    EXPECT_THAT(client.receive_message(), EndsWith("served"));
  }
}

TEST_F(Holding, ClosesWhatIsOpenToAnAddressThatAnEndpointHasLeft) {
  RawServer moved;
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client(), other = proxy.client();
  client.send(get("/1"));
  auto idle = worker.accept();
  idle.receive_message();
  other.send(get("/2"));
  auto busy = worker.accept();
  busy.receive_message();
  idle.send(ok("one"));
  EXPECT_THAT(client.receive_message(), EndsWith("one"));

  proxy.apply({endpoint_at("a", moved.address())});
  EXPECT_TRUE(idle.has_ended());
  busy.send(ok("two"));
  EXPECT_THAT(other.receive_message(), EndsWith("two")) << "it keeps its connection to the end";
  EXPECT_TRUE(busy.has_ended());
  client.send(get("/3"));
  auto upstream = moved.accept();
  serve(upstream, "three");
  EXPECT_THAT(client.receive_message(), EndsWith("three"));
}

// It was on its way to the former address and gets there, but that is somebody else's by now.
TEST_F(Holding, SendsNothingToAnAddressThatAnEndpointHasLeft) {
  SilentAddress former;
  proxy.policy.connect_timeout = 60s;
  proxy.apply({endpoint_at("a", former.address())});
  auto client = proxy.client();
  client.send(get());
  ASSERT_TRUE(proxy.wait_until([](const auto& traffic) { return traffic.in_flight == 1; }));
  proxy.apply({endpoint_at("a", worker.address())});
  former.let_in();
  auto upstream = worker.accept();
  serve(upstream, "moved");
  EXPECT_THAT(client.receive_message(), EndsWith("moved"));
}

TEST_F(Holding, ChoosesAnotherWhereOneRefuses) {
  proxy.apply({endpoint_at("closed", closed_address()), endpoint_at("open", worker.address())});
  auto client = proxy.client();
  RawSocket upstream;
  for (int i = 0; i < 4; ++i) {
    client.send(get());
    if (!upstream.is_open()) upstream = worker.accept();
    serve(upstream, "served");
    EXPECT_THAT(client.receive_message(), EndsWith("served"));
  }
  EXPECT_EQ(proxy.traffic().failed_total, 0u);
}

TEST_F(Holding, RefusesMoreThanTheQueueHolds) {
  proxy.policy.queue_max = 1;
  proxy.apply({});
  auto first = proxy.client(), second = proxy.client();
  first.send(get());
  ASSERT_TRUE(held(1));
  second.send(get());
  const auto answer = second.receive_message();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(answer, HasSubstr("queue.max"));
  EXPECT_EQ(proxy.traffic().refused_total, 1u);
  second.send(get());
  EXPECT_THAT(second.receive_message(), StartsWith("HTTP/1.1 503")) << "on the same connection";
}

TEST_F(Holding, RefusesWhatWaitedTooLong) {
  proxy.policy.queue_wait = 30ms;
  proxy.apply({});
  auto client = proxy.client();
  client.send(get());
  EXPECT_THAT(client.receive_message(), HasSubstr("queue.wait"));
  EXPECT_EQ(proxy.traffic().held, 0u);
}

TEST_F(Holding, AnswersForAWorkerThatIsSilent) {
  proxy.policy.response_timeout = 30ms;
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  EXPECT_THAT(client.receive_message(), StartsWith("HTTP/1.1 504 Gateway Timeout\r\n"));
  EXPECT_TRUE(upstream.has_ended());
}

TEST_F(Holding, GivesUpOnABodyThatStops) {
  proxy.policy.idle_timeout = 30ms;
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  auto upstream = worker.accept();
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(upstream.receive_all(), EndsWith("\r\n\r\nhe"));

  auto reader = proxy.client();
  reader.send(get());
  auto other = worker.accept();
  other.receive_message();
  other.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_THAT(reader.receive_all(), EndsWith("\r\n\r\nhalf"));
}

TEST_F(Holding, ForgetsAClientThatLeft) {
  proxy.apply({});
  auto client = proxy.client();
  client.send(get());
  ASSERT_TRUE(held(1));
  client.reset();
  EXPECT_TRUE(held(0));
  proxy.apply({endpoint_at("a", worker.address())});
  EXPECT_TRUE(worker.nobody_calls());
}

TEST_F(Holding, RefusesAtOnceWhenNobodyCouldStartAWorker) {
  proxy.apply({});
  auto client = proxy.client();
  client.send(get());
  ASSERT_TRUE(held(1));
  proxy.on_thread([](TrafficThread& thread) { return thread.coordinator_lost(true), 0; });
  EXPECT_THAT(client.receive_message(), HasSubstr("coordinator"));
  client.send(get());
  EXPECT_THAT(client.receive_message(), StartsWith("HTTP/1.1 503"));
  proxy.apply({endpoint_at("a", worker.address())});
  client.send(get());
  auto upstream = worker.accept();
  serve(upstream, "from the table");
  EXPECT_THAT(client.receive_message(), EndsWith("from the table"));
}

TEST_F(Holding, SendsNothingNewToADrainingWorkerAndLetsItsRequestsEnd) {
  RawServer other;
  proxy.apply({endpoint_at("a", worker.address())});
  auto first = proxy.client(), second = proxy.client();
  first.send(get("/first"));
  auto upstream = worker.accept();
  upstream.receive_message();
  proxy.apply({endpoint_at("a", worker.address(), EndpointState::kDraining),
               endpoint_at("b", other.address())});
  second.send(get("/second"));
  auto another = other.accept();
  serve(another, "b");
  EXPECT_THAT(second.receive_message(), EndsWith("b"));
  proxy.apply({endpoint_at("a", worker.address(), EndpointState::kGone),
               endpoint_at("b", other.address())});
  upstream.send(ok("a"));
  EXPECT_THAT(first.receive_message(), EndsWith("a"));
  EXPECT_TRUE(upstream.has_ended()) << "not kept for later";
  EXPECT_TRUE(worker.nobody_calls());
  EXPECT_EQ(proxy.traffic().endpoints.size(), 1u);
}

// A worker that counts what it serves, on a thread of its own.
class BusyWorker {
 public:
  BusyWorker() : acceptor_([this] { accept_all(); }) {}
  ~BusyWorker() {
    ending_ = true;
    RawSocket::connected_to(server_.address());
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
  }
  const Address& address() const { return server_.address(); }
  std::uint64_t served() const { return served_; }

 private:
  void accept_all() {
    for (;;) {
      auto socket = std::make_shared<RawSocket>(server_.accept_some_time());
      if (ending_) return;
      threads_.emplace_back([this, socket] {
        while (!socket->receive_message().empty()) {
          ++served_;
          socket->send(ok("busy"));
        }
      });
    }
  }

  RawServer server_;
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> served_{0};
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

TEST_F(Holding, LosesNothingWhileWorkersComeAndGoUnderLoad) {
  BusyWorker a, b;
  proxy.apply({endpoint_at("a", a.address()), endpoint_at("b", b.address())});
  std::atomic<bool> ending{false};
  std::atomic<int> wrong{0}, right{0};
  std::vector<std::thread> load;
  for (int i = 0; i < 8; ++i) {
    load.emplace_back([&] {
      auto client = proxy.client();
      while (!ending) {
        client.send(get());
        ++(client.receive_message().ends_with("busy") ? right : wrong);
      }
    });
  }
  for (int round = 0; round < 30; ++round) {
    const BusyWorker& leaving = round % 2 ? a : b;
    const auto state = [&](const BusyWorker& worker_in_turn) {
      return &worker_in_turn == &leaving ? EndpointState::kDraining : EndpointState::kActive;
    };
    proxy.apply({endpoint_at("a", a.address(), state(a)), endpoint_at("b", b.address(), state(b))});
    const std::string id = round % 2 ? "a" : "b";
    EXPECT_TRUE(proxy.wait_until([&](const wire::ServiceTraffic& traffic) {
      for (const auto& endpoint : traffic.endpoints) {
        if (endpoint.id.text == id) return endpoint.in_flight == 0;
      }
      return false;
    }));
    const auto served = leaving.served();
    const int before = right;
    EXPECT_TRUE(proxy.wait_until([&](const auto&) { return right > before + 50; }));
    EXPECT_EQ(leaving.served(), served) << "a drained worker got a request";
  }
  ending = true;
  for (auto& thread : load) thread.join();
  EXPECT_EQ(wrong, 0);
  proxy.apply({endpoint_at("a", a.address(), EndpointState::kGone),
               endpoint_at("b", b.address(), EndpointState::kGone)});  // closes what is kept open
  EXPECT_EQ(proxy.traffic().failed_total, 0u);
}

TEST_F(Holding, EndsConnectionsAfterTheirAnswerWhenItDrains) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto busy = proxy.client();
  busy.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  auto idle = proxy.client();
  ASSERT_TRUE(proxy.wait_until([&](const auto&) {
    return proxy.on_thread([](TrafficThread& thread) { return thread.connections().open; }) == 2;
  }));
  std::promise<void> empty;
  proxy.on_thread([&](TrafficThread& thread) {
    thread.drain([&] { empty.set_value(); });
    return 0;
  });
  EXPECT_TRUE(idle.has_ended());
  upstream.send(ok("last"));
  const auto answer = busy.receive_all();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("last"));
  EXPECT_EQ(empty.get_future().wait_for(kPatience), std::future_status::ready);
}

// The connection's end is the body's end there, so a clean one would say that this is all.
TEST_F(Holding, ResetsWhatItCutsInABodyThatEndsWithTheConnection) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\n\r\nhalf");
  client.receive_until("half");
  proxy.on_thread([](TrafficThread& thread) { return thread.cancel_sessions(), 0; });
  EXPECT_EQ(client.receive_all(), "(reset)");
}

// The worker has sent more than the relay moves in a few turns, and little of it is content: the
// relay has nothing to wait for, on either side.
TEST_F(Holding, CutsABodyThatNeverPausesAfterItsTurn) {
  constexpr std::size_t kTurn = 32 * 16 * 1024;
  const std::string chunk = "1;" + std::string(250, 'e') + "\r\nx\r\n";
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.receive_until("\r\n\r\n");
  const auto sent = proxy.on_thread([&](TrafficThread& thread) {
    const auto size = upstream.send_until_blocked(64 * 1024 * 1024, chunk);
    // After the batch of events in which the relay has its first turn.
    thread.loop().post([&thread] { thread.loop().post([&thread] { thread.cancel_sessions(); }); });
    return size;
  });
  if (sent < 4 * kTurn) GTEST_SKIP() << "the sockets hold too little to tell";
  const std::string received = client.receive_all();
  const auto chunks = static_cast<std::size_t>(std::count(received.begin(), received.end(), 'x'));
  EXPECT_GT(chunks, 0u);
  EXPECT_LE(chunks * chunk.size(), 3 * kTurn);
}

TEST_F(Holding, AnswersWhoStoodInTheBacklogWhenItBeganToDrain) {
  proxy.apply({endpoint_at("a", worker.address())});
  std::promise<void> empty;
  // The thread is busy with this call, so nobody accepts the client before the drain begins.
  auto client = proxy.on_thread([&](TrafficThread& thread) {
    auto late = proxy.client();
    late.send(get());
    thread.drain([&] { empty.set_value(); });
    return late;
  });
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("in time"));
  EXPECT_THAT(client.receive_all(), EndsWith("in time"));
  EXPECT_EQ(empty.get_future().wait_for(kPatience), std::future_status::ready);
}

}  // namespace
}  // namespace foretide::balancer
