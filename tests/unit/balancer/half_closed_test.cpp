// A client that sends nothing more: one that has left, unless `listen.half_closed` says otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class HalfClosed : public WorkerBehindProxy {
 protected:
  bool is_let_go() {
    const auto left = [](TrafficThread& thread) {
      return thread.connections().open == 0 && thread.connections().abandoned_total == 1;
    };
    return proxy.wait_until([&](const auto& traffic) {
      return traffic.in_flight == 0 && traffic.held == 0 && proxy.on_thread(left);
    });
  }
};

TEST_F(HalfClosed, EndsItsRequestAtTheWorker) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  client.end_writing();
  EXPECT_TRUE(upstream.has_ended());
  EXPECT_TRUE(is_let_go());
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(proxy.traffic().failed_total, 0u) << "the worker is not to blame";
}

TEST_F(HalfClosed, EndsItsRequestInTheMidstOfAnAnswer) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send(get());
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ndata: 1\n");
  EXPECT_THAT(client.receive_until("data: 1\n"), HasSubstr("200 OK"));
  client.end_writing();
  EXPECT_TRUE(upstream.has_ended());
  EXPECT_TRUE(is_let_go());
}

TEST_F(HalfClosed, LeavesItsPlaceInTheQueue) {
  proxy.apply({});
  auto client = proxy.client();
  client.send(get());
  EXPECT_TRUE(held(1));
  client.end_writing();
  EXPECT_TRUE(is_let_go());
}

TEST_F(HalfClosed, LeavesItsPlaceWithMoreOfItsBodyThanIsLookedAt) {
  proxy.apply({});
  auto client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n" +
              std::string(30'000, 'x'));
  EXPECT_TRUE(held(1));
  client.end_writing();
  EXPECT_TRUE(is_let_go());
}

TEST_F(HalfClosed, WaitsForNoRoutes) {
  Proxy early({}, Routes::kNone);
  auto client = early.client();
  client.send(get());
  EXPECT_TRUE(client.stays_silent());
  client.end_writing();
  EXPECT_TRUE(client.has_ended());
}

// Known before anything was sent, on a connection that stands ready.
TEST_F(HalfClosed, SendsAWorkerNothing) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto first = proxy.client();
  first.send(get());
  auto upstream = worker.accept();
  serve(upstream, "one");
  EXPECT_THAT(first.receive_message(), EndsWith("one"));
  auto client = proxy.client();
  // Both at once, before the loop looks.
  proxy.on_thread([&](TrafficThread&) {
    client.send("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.end_writing();
    return 0;
  });
  EXPECT_TRUE(client.has_ended());
  EXPECT_TRUE(upstream.stays_silent());
}

TEST_F(HalfClosed, EndsAConnectionThatIsBeingMade) {
  SilentAddress silent;
  proxy.policy.connect_timeout = std::chrono::minutes(1);
  proxy.apply({endpoint_at("a", silent.address())});
  auto client = proxy.client();
  client.send(get());
  EXPECT_TRUE(proxy.wait_until([](const auto& traffic) { return traffic.in_flight == 1; }));
  client.end_writing();
  EXPECT_TRUE(is_let_go());
}

class HalfClosedServed : public WorkerBehindProxy {
 protected:
  HalfClosedServed() : WorkerBehindProxy(with_front({.serves_half_closed = true})) {}
};

TEST_F(HalfClosedServed, GetsItsAnswer) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send(get());
  client.end_writing();
  auto upstream = worker.accept();
  upstream.receive_message();
  upstream.send(ok("still"));
  EXPECT_THAT(client.receive_all(), EndsWith("still"));
}

TEST_F(HalfClosedServed, GetsAnAnswerForAllThatItHasAsked) {
  proxy.apply({endpoint_at("a", worker.address())});
  auto client = proxy.client();
  client.send(get("/1") + get("/2"));
  client.end_writing();
  auto upstream = worker.accept();
  serve(upstream, "one");
  serve(upstream, "two");
  EXPECT_THAT(client.receive_all(), EndsWith("two"));
}

TEST_F(HalfClosedServed, KeepsItsPlaceInTheQueue) {
  proxy.apply({});
  auto client = proxy.client();
  client.send(get());
  client.end_writing();
  EXPECT_TRUE(held(1));
  proxy.apply({endpoint_at("a", worker.address())});
  auto upstream = worker.accept();
  serve(upstream, "late");
  EXPECT_THAT(client.receive_all(), EndsWith("late"));
}

}  // namespace
}  // namespace foretide::balancer
