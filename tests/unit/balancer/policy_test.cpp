// What a service's policy does to its requests: time limits, repetitions, sizes, who may ask, what
// is changed on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Policies : public WorkerBehindProxy {
 protected:
  void apply() { proxy.apply({endpoint_at("w", worker.address())}); }
  std::string answer_to(const std::string& request) {
    RawSocket client = proxy.client();
    client.send(request);
    return client.receive_message();
  }
};

TEST_F(Policies, LimitTheTimeOfARequestAsAWhole) {
  proxy.policy.total_timeout = 60ms;
  apply();
  RawSocket client = proxy.client();
  client.send(get());
  RawSocket upstream = worker.accept();
  upstream.receive_message();
  EXPECT_THAT(client.receive_message(), AllOf(HasSubstr("504"), HasSubstr("timeouts.total")));
  EXPECT_TRUE(upstream.has_ended());
}

TEST_F(Policies, BlameNoWorkerForTheTimeOfASlowClient) {
  proxy.policy.total_timeout = 60ms;
  apply();
  RawSocket client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  RawSocket upstream = worker.accept();
  upstream.receive_until("half");
  EXPECT_THAT(client.receive_message(), HasSubstr("504"));
  const auto traffic = proxy.traffic();
  ASSERT_EQ(traffic.endpoints.size(), 1u);
  EXPECT_EQ(traffic.endpoints[0].failed_total, 0u);
}

TEST_F(Policies, CutAnAnswerThatIsNotOverInTime) {
  proxy.policy.total_timeout = 100ms;
  apply();
  RawSocket client = proxy.client();
  client.send(get());
  RawSocket upstream = worker.accept();
  upstream.receive_message();
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  EXPECT_THAT(client.receive_all(), Not(HasSubstr("\r\n0\r\n")));
}

TEST_F(Policies, SendARepeatableRequestToAnotherWorkerWhenOneBreaks) {
  RawServer second;
  proxy.policy.balance = wire::TrafficPolicy::Balance::kRoundRobin;
  proxy.apply({endpoint_at("a", worker.address()), endpoint_at("b", second.address())});
  RawSocket client = proxy.client();
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  RawSocket broken = worker.accept();
  EXPECT_THAT(broken.receive_message(), HasSubstr("\r\n\r\nbody"));
  broken.close();
  RawSocket upstream = second.accept();
  EXPECT_THAT(upstream.receive_message(), HasSubstr("\r\n\r\nbody"));
  upstream.send(ok("second"));
  EXPECT_THAT(client.receive_message(), HasSubstr("second"));
  EXPECT_EQ(proxy.traffic().failed_total, 0u);
}

TEST_F(Policies, NeverSendWhatIsNotRepeatableTwice) {
  RawServer second;
  proxy.policy.balance = wire::TrafficPolicy::Balance::kRoundRobin;
  proxy.apply({endpoint_at("a", worker.address()), endpoint_at("b", second.address())});
  RawSocket client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  RawSocket broken = worker.accept();
  broken.receive_message();
  broken.close();
  EXPECT_THAT(client.receive_message(), HasSubstr("502"));
  EXPECT_TRUE(second.nobody_calls());
}

TEST_F(Policies, RepeatNoOftenerThanTheBudgetSays) {
  proxy.policy.retry_budget = 0.0;
  proxy.apply({endpoint_at("a", worker.address()), endpoint_at("b", worker.address())});
  // Ten retries are in hand at the beginning; the eleventh request that breaks is not repeated.
  for (int i = 0; i < 11; ++i) {
    RawSocket client = proxy.client();
    client.send(get());
    RawSocket upstream = worker.accept();
    upstream.receive_message();
    upstream.close();
    if (i == 10) {
      EXPECT_THAT(client.receive_message(), HasSubstr("502"));
      break;
    }
    upstream = worker.accept();
    upstream.receive_message();
    upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(client.receive_message(), HasSubstr("200 OK"));
  }
}

TEST_F(Policies, RefuseABodyThatIsTooLarge) {
  proxy.policy.body_max_bytes = 10;
  apply();
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"),
              AllOf(HasSubstr("413 Content Too Large"), HasSubstr("request.body_max")));
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "b\r\n12345678901\r\n0\r\n\r\n"),
              HasSubstr("413"));
  EXPECT_TRUE(worker.nobody_calls());
}

TEST_F(Policies, StopABodyThatGrowsTooLarge) {
  proxy.policy.body_max_bytes = 10;
  apply();
  RawSocket client = proxy.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n");
  RawSocket upstream = worker.accept();
  upstream.receive_until("12345\r\n");
  client.send("6\r\n123456\r\n");
  EXPECT_THAT(client.receive_message(), HasSubstr("413"));
  EXPECT_THAT(upstream.receive_all(), Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(Policies, LetInWhoIsOnTheList) {
  proxy.policy.allow = {"10.0.0.0/8"};
  apply();
  EXPECT_THAT(answer_to(get()), HasSubstr("403 Forbidden"));
  EXPECT_TRUE(worker.nobody_calls());
  proxy.policy.allow = {"10.0.0.0/8", "127.0.0.0/8"};
  apply();
  RawSocket client = proxy.client();
  client.send(get());
  RawSocket upstream = worker.accept();
  serve(upstream, "welcome");
  EXPECT_THAT(client.receive_message(), HasSubstr("welcome"));
}

TEST_F(Policies, SendPlainRequestsToHttps) {
  proxy.policy.https_only = true;
  apply();
  EXPECT_THAT(answer_to("POST /a?b HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n"),
              AllOf(HasSubstr("308 Permanent Redirect"),
                    HasSubstr("Location: https://shop.example/a?b\r\n")));
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n"),
              HasSubstr("Location: https://[::1]/\r\n"));
}

TEST_F(Policies, ChangeRequestsOnTheirWay) {
  proxy.policy.request = {.strip_prefix = "/api",
                          .add_prefix = "/v2",
                          .remove = {"Cookie"},
                          .set = {{"X-Api-Version", "2"}}};
  apply();
  RawSocket client = proxy.client();
  client.send(get("/api/users", "Cookie: secret\r\nx-api-version: 1\r\n"));
  RawSocket upstream = worker.accept();
  const std::string seen = upstream.receive_message();
  EXPECT_THAT(seen,
              AllOf(HasSubstr("GET /v2/users HTTP/1.1\r\n"), HasSubstr("X-Api-Version: 2\r\n"),
                    Not(HasSubstr("secret")), Not(HasSubstr("version: 1"))));
}

TEST_F(Policies, LookIntoABodyBeforeAWorkerIsChosen) {
  proxy.policy.body_look_bytes = 8;
  apply();
  RawSocket client = proxy.client();
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("3\r\nabc\r\n");
  EXPECT_TRUE(worker.nobody_calls());
  client.send("5\r\ndefgh\r\n");
  RawSocket upstream = worker.accept();
  // What was looked at goes with the head, in one chunk.
  EXPECT_THAT(upstream.receive_until("abcdefgh\r\n"), HasSubstr("\r\n\r\n8\r\nabcdefgh\r\n"));
  upstream.send("HTTP/1.1 100 Continue\r\n\r\n");
  client.send("0\r\n\r\n");
  EXPECT_EQ(upstream.receive(5), "0\r\n\r\n");
  upstream.send(ok("seen"));
  EXPECT_THAT(client.receive_message(), AllOf(HasSubstr("200 OK"), Not(HasSubstr("100"))));
}

TEST_F(Policies, ReadOnWhileARequestIsHeld) {
  proxy.apply({});
  RawSocket client = proxy.client();
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\nfirst ");
  ASSERT_TRUE(held(1));
  client.send("second");
  apply();
  RawSocket upstream = worker.accept();
  EXPECT_THAT(upstream.receive_message(), HasSubstr("\r\n\r\nfirst second"));
  upstream.send(ok("both"));
  EXPECT_THAT(client.receive_message(),
              AllOf(HasSubstr("both"), HasSubstr("Server-Timing: held;")));
}

TEST_F(Policies, SayHowLongTheWorkerTookToStart) {
  proxy.apply({});
  RawSocket client = proxy.client();
  client.send(get());
  ASSERT_TRUE(held(1));
  auto endpoint = endpoint_at("w", worker.address());
  endpoint.start_time = 1500ms;
  proxy.apply({endpoint});
  RawSocket upstream = worker.accept();
  serve(upstream, "woken");
  EXPECT_THAT(client.receive_message(), HasSubstr(", start;dur=1500\r\n"));
}

}  // namespace
}  // namespace foretide::balancer
