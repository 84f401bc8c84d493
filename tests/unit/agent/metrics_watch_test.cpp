// Ready workers are asked for the metrics of their specs, and samples carry what they tell.
#include "agent/io/metrics_watch.hpp"

#include <gmock/gmock.h>

#include "common/io/clock.hpp"
#include "tests/unit/common/io/answering_server.hpp"
#include "tests/unit/common/io/run_until.hpp"

namespace foretide::agent {
namespace {

using namespace std::chrono_literals;
using testing::StartsWith;
using Values = std::map<std::string, double>;

class MetricsWatchTest : public testing::Test {
 protected:
  MetricsWatchTest() {
    WorkerLife& life = workers_[{"web-1"}];
    life.id = {"web-1"};
    life.step = LifeStep::kReady;
    life.host = "127.0.0.1";
    life.port = server_.port();
    life.spec.metrics = {{.selector = {"waiting", {}}}};
    server_.answer = AnsweringServer::ok("waiting 3\n");
  }
  WorkerLife& worker() { return workers_.at({"web-1"}); }
  // Looks, and lets it be asked so often in all.
  void look(std::size_t asked) {
    watch_.look(workers_, now_);
    EXPECT_TRUE(run_until(io_, [&] { return server_.asked.size() >= asked; })) << asked;
  }
  Values sampled() {
    wire::NodeSample sample;
    sample.workers = {{.id = {"other"}}, {.id = {"web-1"}}};
    watch_.add_to(sample);
    EXPECT_TRUE(sample.workers[0].metrics.empty());
    return sample.workers[1].metrics;
  }
  // What the next sample carries, once it does.
  Values told() {
    Values values;
    run_until(
        io_, [&] { return !(values = sampled()).empty(); }, 2s);
    return values;
  }

  boost::asio::io_context io_;
  AnsweringServer server_{io_};
  std::map<WorkerId, WorkerLife> workers_;
  MetricsWatch watch_{io_};
  Instant now_ = monotonic_now();
};

TEST_F(MetricsWatchTest, CarriesWhatAWorkerTellsOnce) {
  look(1);
  EXPECT_THAT(server_.asked[0], StartsWith("GET /metrics HTTP/1.1\r\n"));
  EXPECT_EQ(told(), (Values{{"waiting", 3.0}}));
  EXPECT_EQ(sampled(), Values{}) << "what is old is not said again";
}

TEST_F(MetricsWatchTest, AsksEveryFiveSeconds) {
  look(1);
  ASSERT_EQ(told().size(), 1u);
  now_ += 4s;
  watch_.look(workers_, now_);
  EXPECT_FALSE(run_until(
      io_, [&] { return server_.asked.size() > 1; }, 100ms));
  now_ += 1s;
  look(2);
}

TEST_F(MetricsWatchTest, AsksNobodyWhoIsNotReadyOrHasNothingToTell) {
  worker().step = LifeStep::kProbing;
  watch_.look(workers_, now_);
  worker().step = LifeStep::kReady;
  worker().spec.metrics.clear();
  watch_.look(workers_, now_);
  EXPECT_FALSE(run_until(
      io_, [&] { return !server_.asked.empty(); }, 100ms));
}

TEST_F(MetricsWatchTest, AsksEachPathOnce) {
  worker().spec.metrics = {{.selector = {"waiting", {}}},
                           {.selector = {"waiting", {}}, .path = "/stats"},
                           {.selector = {"running", {}}, .path = "/stats"}};
  server_.answer = AnsweringServer::ok("waiting 3\nrunning 4\n");
  look(2);
  Values all;
  EXPECT_TRUE(run_until(io_, [&] {
    all.merge(sampled());
    return all.size() == 3;
  }));
  EXPECT_EQ(all,
            (Values{{"waiting", 3.0}, {"waiting at /stats", 3.0}, {"running at /stats", 4.0}}));
  EXPECT_EQ(server_.asked.size(), 2u);
}

TEST_F(MetricsWatchTest, HasNoRateAcrossTwoProcesses) {
  worker().spec.metrics = {{.selector = {"jobs_total", {}}, .rate = true}};
  server_.answer = AnsweringServer::ok("jobs_total 100\n");
  look(1);
  EXPECT_FALSE(run_until(
      io_, [&] { return !sampled().empty(); }, 100ms))
      << "a rate takes two";
  worker().started += 1s;  // was started again
  server_.answer = AnsweringServer::ok("jobs_total 150\n");
  now_ += 5s;
  look(2);
  EXPECT_FALSE(run_until(
      io_, [&] { return !sampled().empty(); }, 100ms));
  now_ += 5s;
  look(3);
  EXPECT_EQ(told().size(), 1u);
}

TEST_F(MetricsWatchTest, GoesOnAfterAnAnswerThatIsNone) {
  server_.answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  look(1);
  EXPECT_FALSE(run_until(
      io_, [&] { return !sampled().empty(); }, 100ms));
  server_.answer = AnsweringServer::ok("waiting lots\n");
  now_ += 5s;
  look(2);
  EXPECT_FALSE(run_until(
      io_, [&] { return !sampled().empty(); }, 100ms));
  server_.answer = AnsweringServer::ok("waiting 5\n");
  now_ += 5s;
  look(3);
  EXPECT_EQ(told(), (Values{{"waiting", 5.0}}));
}

TEST_F(MetricsWatchTest, DropsWhatIsUnderWayWithItsWorker) {
  server_.answer.clear();
  look(1);
  workers_.clear();
  watch_.look(workers_, now_ + 1s);
  EXPECT_FALSE(run_until(
      io_, [&] { return !sampled().empty(); }, 100ms));
}

// More than a message of telemetry holds: the rest goes with the next.
TEST(MetricsWatchBound, LetsNoSampleGrowBeyondAMessage) {
  boost::asio::io_context io;
  AnsweringServer server(io);
  std::map<WorkerId, WorkerLife> workers;
  const std::string name(190, 'm');
  for (int i = 0; i < 400; ++i) {
    const WorkerId id{"w" + std::to_string(i)};
    WorkerLife& life = workers[id];
    life.id = id;
    life.step = LifeStep::kReady;
    life.host = "127.0.0.1";
    life.port = server.port();
    life.spec.metrics = {{.selector = {name, {}}}};
  }
  server.answer = AnsweringServer::ok(name + " 1\n");
  MetricsWatch watch(io);
  Instant now = monotonic_now();
  watch.look(workers, now);
  ASSERT_TRUE(run_until(io, [&] { return server.asked.size() == 100; }));
  EXPECT_FALSE(run_until(
      io, [&] { return server.asked.size() > 100; }, 50ms))
      << "at once";
  for (int i = 0; i < 100 && server.asked.size() < 400; ++i) {
    watch.look(workers, now += 10ms);
    run_until(
        io, [] { return false; }, 50ms);
  }
  ASSERT_EQ(server.asked.size(), 400u);
  run_until(
      io, [] { return false; }, 100ms);
  std::size_t carried = 0, samples = 0;
  while (carried < 400 && samples < 10) {
    wire::NodeSample sample;
    for (const auto& [id, life] : workers) sample.workers.push_back({.id = id});
    watch.add_to(sample);
    ++samples;
    std::size_t here = 0;
    for (const auto& worker : sample.workers) here += worker.metrics.size();
    EXPECT_LE(here * (name.size() + 16), 64u * 1024);
    carried += here;
  }
  EXPECT_EQ(carried, 400u);
  EXPECT_EQ(samples, 2u);
}

}  // namespace
}  // namespace foretide::agent
