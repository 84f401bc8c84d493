// Workers that cannot be reached, move and leave: where requests go then.
#include <gmock/gmock.h>

#include <atomic>

#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using wire::EndpointState;

class Endpoints : public WorkerBehindProxy {};

TEST_F(Endpoints, TriesAgainWhereConnectionsAreRefused) {
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
TEST_F(Endpoints, FindsOutByANewConnectionWhetherAWorkerListensAgain) {
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

TEST_F(Endpoints, EndsWhereNobodyAnswersACall) {
  SilentAddress one, other;
  proxy.policy.connect_timeout = 600ms;  // longer than an endpoint rests: one is always to be tried
  proxy.policy.queue_wait = 1s;
  proxy.apply({endpoint_at("one", one.address()), endpoint_at("other", other.address())});
  auto client = proxy.client();
  client.send(get());
  const auto answer = client.receive_message();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 504 "));
  EXPECT_THAT(answer, HasSubstr("connected to in time (timeouts.connect)"));
  const auto traffic = proxy.traffic();
  EXPECT_EQ(traffic.refused_total, 1u);
  EXPECT_EQ(traffic.in_flight, 0u);
}

// One of them is there and says no, whichever was tried last.
TEST_F(Endpoints, TellSilenceFromRefusals) {
  SilentAddress silent;
  proxy.policy.connect_timeout = 30ms;
  proxy.policy.queue_wait = 300ms;
  proxy.apply({endpoint_at("silent", silent.address()), endpoint_at("no", closed_address())});
  auto client = proxy.client();
  for (int i = 0; i < 3; ++i) {
    client.send(get());
    EXPECT_THAT(client.receive_message(), StartsWith("HTTP/1.1 502 "));
  }
}

TEST_F(Endpoints, AreNotToBlameForATotalThatIsShort) {
  SilentAddress silent;
  proxy.policy.total_timeout = 100ms;
  proxy.apply({endpoint_at("silent", silent.address())});
  auto client = proxy.client();
  client.send(get());
  EXPECT_THAT(client.receive_message(),
              AllOf(StartsWith("HTTP/1.1 504 "), HasSubstr("(timeouts.total)")));
  EXPECT_EQ(proxy.traffic().refused_total, 0u);
}

// The time to wait for a worker is over with the first failed call, but another worker is there.
TEST_F(Endpoints, ChoosesAnotherAlthoughItMayNotWait) {
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

TEST_F(Endpoints, ClosesWhatIsOpenToAnAddressThatAnEndpointHasLeft) {
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
TEST_F(Endpoints, SendsNothingToAnAddressThatAnEndpointHasLeft) {
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

TEST_F(Endpoints, ChoosesAnotherWhereOneRefuses) {
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

TEST_F(Endpoints, SendsNothingNewToADrainingWorkerAndLetsItsRequestsEnd) {
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

TEST_F(Endpoints, LosesNothingWhileWorkersComeAndGoUnderLoad) {
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

}  // namespace
}  // namespace foretide::balancer
