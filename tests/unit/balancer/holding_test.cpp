// What happens to requests that find no worker: holding, letting go, refusing.
#include <gmock/gmock.h>

#include "common/wire/durations.hpp"
#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Holding : public WorkerBehindProxy {};

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
  EXPECT_EQ(proxy.traffic().refused_held_total, 0u) << "it never waited";
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
  EXPECT_EQ(proxy.traffic().refused_total, 1u);
  EXPECT_EQ(proxy.traffic().refused_held_total, 1u) << "it had waited";
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
  const auto durations = wire::counts_in(proxy.traffic().durations.value());
  ASSERT_EQ(durations->total(), 1u) << "what a worker was too slow for is slow";
  EXPECT_GT(*durations->quantile(1.0), 26ms);
}

TEST_F(Holding, CountsHowLongARequestTookFromItsArrival) {
  proxy.apply({});
  auto client = proxy.client();
  client.send(get());
  ASSERT_TRUE(held(1));
  const Instant before = std::chrono::steady_clock::now();
  EXPECT_TRUE(client.stays_silent());
  const Duration waited = std::chrono::steady_clock::now() - before;
  proxy.apply({endpoint_at("a", worker.address())});
  auto upstream = worker.accept();
  serve(upstream, "late");
  EXPECT_THAT(client.receive_message(), EndsWith("late"));
  ASSERT_TRUE(proxy.wait_until([](const auto& t) { return t.completed_total == 1; }));
  const auto durations = wire::counts_in(proxy.traffic().durations.value());
  ASSERT_EQ(durations->total(), 1u);
  EXPECT_GT(*durations->quantile(1.0), 0.87 * waited) << "waiting is a part of it";
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

}  // namespace
}  // namespace foretide::balancer
