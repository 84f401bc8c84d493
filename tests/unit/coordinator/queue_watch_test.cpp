// Queues are asked for their length, and what cannot be true is refused at the door.
#include "coordinator/io/queue_watch.hpp"

#include <gmock/gmock.h>

#include "common/io/clock.hpp"
#include "coordinator/io/metrics_page.hpp"
#include "coordinator/io/queue_answer.hpp"
#include "tests/unit/common/io/answering_server.hpp"
#include "tests/unit/common/io/run_until.hpp"

namespace foretide::coordinator {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// The number, or "!" and what was wrong.
std::string length_in(const std::string& body, QueueDepth queue = {}) {
  const auto length = queue_length_in(body, queue);
  if (!length) return "!" + length.error();
  char text[32];
  std::snprintf(text, sizeof text, "%g", *length);
  return text;
}

TEST(QueueAnswer, IsATextThatIsANumber) {
  EXPECT_EQ(length_in("12"), "12");
  EXPECT_EQ(length_in(" 12.5\r\n"), "12.5");
  EXPECT_EQ(length_in("-3"), "-3") << "what can be is for others to judge";
  for (const char* body : {"", "twelve", "12 items", "{\"a\": 1}", "12 13"}) {
    EXPECT_THAT(length_in(body), HasSubstr("!is no number")) << body;
  }
}

TEST(QueueAnswer, IsAFieldOfJson) {
  const auto at = [](const std::string& field, const std::string& body) {
    return length_in(body, {.field = field});
  };
  const std::string body =
      R"({"data": {"waiting": 37, "text": "12", "none": null, "huge": 1e300},
          "queues": [{"depth": 1}, {"depth": 2}], "": 9})";
  EXPECT_EQ(at("data.waiting", body), "37");
  EXPECT_EQ(at("data.text", body), "12");
  EXPECT_EQ(at("queues.1.depth", body), "2");
  EXPECT_EQ(at("data.none", body), "!has a data.none that is no number");
  EXPECT_EQ(at("data", body), "!has a data that is no number");
  EXPECT_EQ(at("data.other", body), "!has no data.other");
  EXPECT_EQ(at("data.waiting.more", body), "!has no data.waiting.more");
  EXPECT_EQ(at("queues.2.depth", body), "!has no queues.2.depth");
  EXPECT_EQ(at("queues.-1.depth", body), "!has no queues.-1.depth");
  EXPECT_EQ(at("a", "not json"), "!is no JSON");
  EXPECT_EQ(at("a", ""), "!is no JSON");
  EXPECT_EQ(at("a", std::string(100'000, '[')), "!is no JSON") << "however deep";
}

TEST(QueueAnswer, IsASampleOfPrometheusText) {
  QueueDepth queue;
  queue.metric = MetricSelector{"jobs", {{"queue", "mail"}}};
  EXPECT_EQ(length_in("jobs{queue=\"web\"} 3\njobs{queue=\"mail\"} 4\n", queue), "4");
  EXPECT_EQ(length_in("jobs{queue=\"web\"} 3\n", queue), "!has no jobs{queue=\"mail\"}");
  EXPECT_THAT(length_in("jobs{queue=mail} 3\n", queue), HasSubstr("!cannot be read: line 1"));
}

class QueueWatchTest : public testing::Test {
 protected:
  QueueDepth here() {
    return {.url = {{"127.0.0.1", server_.port()}, "/depth"}, .per_worker = 10.0, .every = 1s};
  }
  static ClusterSettings with(std::vector<Signal> signals) {
    ClusterSettings cluster;
    cluster.services.emplace_back().id = {"web"};
    cluster.services[0].scale.signals = std::move(signals);
    return cluster;
  }
  // What comes of one time of asking.
  SignalHeard ask() {
    const std::size_t before = heard_.size();
    watch_.look(now_ += 1s);
    EXPECT_TRUE(run_until(io_, [&] { return heard_.size() > before; }));
    return heard_.empty() ? SignalHeard{} : heard_.back();
  }

  boost::asio::io_context io_;
  AnsweringServer server_{io_};
  std::vector<SignalHeard> heard_;
  QueueWatch watch_{io_, [this](SignalHeard heard) { heard_.push_back(std::move(heard)); }};
  Instant now_ = monotonic_now();
};

TEST_F(QueueWatchTest, TellsTheCoreWhatWasAnswered) {
  watch_.watch(with({CpuLimit{0.8}, here()}));
  server_.answer = AnsweringServer::ok("37");
  const SignalHeard heard = ask();
  EXPECT_EQ(heard.service.text, "web");
  EXPECT_EQ(heard.source, here());
  EXPECT_EQ(heard.items, 37.0);
  EXPECT_EQ(heard.trouble, "");
}

TEST_F(QueueWatchTest, TellsWhyThereIsNoNumber) {
  watch_.watch(with({here()}));
  const std::string at = "127.0.0.1:" + std::to_string(server_.port());
  server_.answer = AnsweringServer::ok("none");
  EXPECT_FALSE(ask().items);
  EXPECT_THAT(heard_.back().trouble, HasSubstr("the answer of " + at + " is no number"));
  server_.answer = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(ask().trouble, at + " answered 500");
  EXPECT_EQ(watch_.counts().at(0).failed, 2u);
}

TEST_F(QueueWatchTest, RefusesANumberThatCannotBeAndCountsIt) {
  watch_.watch(with({here()}));
  for (const char* body : {"NaN", "-1", "inf", "-inf", "1e10"}) {
    server_.answer = AnsweringServer::ok(body);
    EXPECT_FALSE(ask().items) << body;
    EXPECT_THAT(heard_.back().trouble, HasSubstr("which is not between 0 and 1e+09")) << body;
  }
  server_.answer = AnsweringServer::ok("1e9");
  EXPECT_EQ(ask().items, 1e9);
  const QueueCounts counts = watch_.counts().at(0);
  EXPECT_EQ(counts.refused, 5u);
  EXPECT_EQ(counts.answered, 1u);
  EXPECT_EQ(counts.failed, 0u);
  MetricsInput input{State{}, now_, {}, {}, {}};
  input.queues = watch_.counts();
  EXPECT_THAT(metrics_page(input),
              HasSubstr("foretide_queue_asked_total{outcome=\"refused\",service=\"web\",signal="
                        "\"queue\"} 5"));
}

TEST_F(QueueWatchTest, AsksAgainAfterItsPeriodAndNeverTwiceAtOnce) {
  watch_.watch(with({here()}));
  server_.answer.clear();
  for (int i = 0; i < 3; ++i) watch_.look(now_ + 100ms * i);
  EXPECT_TRUE(run_until(io_, [&] { return server_.asked.size() == 1; }));
  watch_.look(now_ + 5s);
  EXPECT_TRUE(run_until(io_, [&] { return heard_.size() == 1; })) << "a period is its time";
  EXPECT_THAT(heard_[0].trouble, HasSubstr("did not answer within 1 s"));
  EXPECT_EQ(server_.asked.size(), 1u);
  watch_.look(now_ + 5s);
  EXPECT_TRUE(run_until(io_, [&] { return server_.asked.size() == 2; }));
}

TEST_F(QueueWatchTest, LeavesOffWhenTheFileNoLongerNamesTheQueue) {
  watch_.watch(with({here()}));
  server_.answer.clear();
  watch_.look(now_);
  ASSERT_TRUE(run_until(io_, [&] { return server_.asked.size() == 1; }));
  watch_.watch(with({}));
  watch_.look(now_ + 1min);
  EXPECT_FALSE(run_until(
      io_, [&] { return !heard_.empty(); }, 1200ms));
  EXPECT_TRUE(watch_.counts().empty());
}

TEST_F(QueueWatchTest, KeepsItsTurnThroughAReload) {
  watch_.watch(with({here()}));
  ask();
  watch_.watch(with({CpuLimit{0.8}, here()}));
  watch_.look(now_ + 500ms);
  EXPECT_FALSE(run_until(
      io_, [&] { return heard_.size() > 1; }, 100ms));
  EXPECT_EQ(watch_.counts().at(0).answered + watch_.counts().at(0).failed, 1u);
}

}  // namespace
}  // namespace foretide::coordinator
