// A limit on what workers tell of themselves.
#include "coordinator/core/metric_signal.hpp"

#include <gmock/gmock.h>

#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::HasSubstr;

constexpr const char* kKey = "vllm:num_requests_waiting";

MetricLimit waiting(double below, MetricLimit::Take take = MetricLimit::Take::kMean) {
  return {.metric = {.selector = {kKey, {}}}, .below = below, .take = take};
}

ServiceSettings metric_service(const MetricLimit& limit) {
  ServiceSettings service = service_named("web");
  service.scale.signals = {limit};
  service.scale.predict = ScaleSettings::Predict::kOff;
  service.worker.metrics = {limit.metric};
  return service;
}

// 20 requests a second, so that somebody asks for something, and workers that are warm.
Agent& warm_up(World& world, ServiceSettings service) {
  world.start({std::move(service)});
  Agent& node = world.join_agent("node-a");
  node.cpu_cores = 0.1;
  world.join_balancer("edge").rate[{"web"}] = 20.0;
  world.pass(45s);
  return node;
}
SignalReading reading(const World& world) {
  return world.view("web").signals.at(0);
}

TEST(MetricSignal, AddsAWorkerAndKeepsItWhereTheOthersWouldHaveTooMuch) {
  World world;
  Agent& node = warm_up(world, metric_service(waiting(5.0)));
  EXPECT_EQ(reading(world).words,
            "not known: the only ready worker has not reported it in the last 30 s");
  node.metrics[kKey] = 2.0;
  world.pass(35s);
  EXPECT_EQ(reading(world).words, "2 of 5, mean of the workers");
  EXPECT_EQ(world.view("web").desired, 1u);
  node.metrics[kKey] = 6.0;
  world.pass_until([&] { return world.view("web").desired == 2; }, 40s);
  EXPECT_EQ(world.decisions.back().rule, "metric_vllm:num_requests_waiting");
  world.pass(120s);
  EXPECT_EQ(reading(world).state(), SignalReading::State::kFine) << "3 each";
  EXPECT_EQ(world.view("web").desired, 2u) << "but 6 for one";
  node.metrics[kKey] = 4.0;
  world.pass(60s);
  EXPECT_EQ(world.view("web").desired, 1u) << "4 for one";
}

TEST(MetricSignal, TellsOnceThatMaxIsNotEnough) {
  World world;
  ServiceSettings service = metric_service(waiting(5.0));
  service.scale.max = 1;
  warm_up(world, service).metrics[kKey] = 6.0;
  world.pass(60s);
  EXPECT_TRUE(
      world.has_notice("web: metric_vllm:num_requests_waiting is above its limit (6 of 5, mean of "
                       "the workers) with as many workers as max allows, 1"));
}

TEST(MetricSignal, LeavesOutWhatWorkersTellWhileTheyWarmUp) {
  World world;
  world.start({metric_service(waiting(5.0))});
  Agent& node = world.join_agent("node-a");
  node.cpu_cores = 0.1;
  node.metrics[kKey] = 100.0;
  world.join_balancer("edge").rate[{"web"}] = 20.0;
  world.pass(28s);
  EXPECT_EQ(reading(world).state(), SignalReading::State::kUnknown);
  node.metrics[kKey] = 1.0;
  world.pass(40s);
  EXPECT_EQ(world.view("web").desired, 1u);
  EXPECT_EQ(reading(world).words, "1 of 5, mean of the workers");
}

TEST(MetricSignal, IsSentToAgentsWithTheSpec) {
  World world;
  warm_up(world, metric_service(waiting(5.0)));
  const auto& specs = world.persisted.at({"node-a"}).specs;
  ASSERT_EQ(specs.size(), 1u);
  EXPECT_EQ(specs.begin()->second.metrics, (std::vector{waiting(5.0).metric}));
  const Stamp before = world.agents.at({"node-a"}).applied;
  ServiceSettings other = metric_service(waiting(5.0));
  other.worker.metrics[0].rate = true;
  world.reload({other});
  world.pass(2s);
  EXPECT_GT(world.agents.at({"node-a"}).applied, before) << "and a change of it follows";
  EXPECT_TRUE(world.persisted.at({"node-a"}).specs.begin()->second.metrics.at(0).rate);
}

// A record by hand: what each ready worker told a second ago.
ServiceRecord record_of(const std::vector<std::optional<double>>& told, const MetricLimit& limit,
                        Instant now) {
  ServiceRecord service;
  service.id = {"web"};
  service.settings = metric_service(limit);
  for (std::size_t i = 0; i < told.size(); ++i) {
    WorkerRecord& worker = service.workers[{"w" + std::to_string(i)}];
    worker.report = wire::WorkerReport{.phase = wire::WorkerPhase::kReady, .phase_age_ms = 60'000};
    if (told[i]) worker.metrics.add(now - 1s, {{metric_key(limit.metric), *told[i]}});
  }
  return service;
}

TEST(MetricSignal, IsTheMeanOrTheLargestOfTheWorkersThatToldIt) {
  const Instant now(100s);
  const auto read = [&](std::vector<std::optional<double>> told, MetricLimit::Take take) {
    const auto ready = static_cast<std::uint32_t>(told.size());
    return signal_readings(record_of(told, waiting(5.0, take), now), ready, now)[0];
  };
  EXPECT_EQ(read({1.0, 9.0}, MetricLimit::Take::kMean).value, 5.0);
  EXPECT_EQ(read({1.0, 9.0}, MetricLimit::Take::kMax).words, "9 of 5, max of the workers");
  EXPECT_EQ(read({-2.0}, MetricLimit::Take::kMax).value, -2.0);
  EXPECT_EQ(read({1.0, {}}, MetricLimit::Take::kMean).value, 1.0) << "half of them";
  EXPECT_EQ(
      read({1.0, {}, {}}, MetricLimit::Take::kMean).words,
      "not known: 1 of 3 ready workers has reported it in the last 30 s, at least half must: 2");
}

TEST(RecentMetrics, KeepsHalfAMinuteOfEachAndOnlySoMany) {
  RecentMetrics recent;
  const auto at = [](int second) { return Instant(std::chrono::seconds(second)); };
  recent.add(at(0), {{"a", 1.0}});
  recent.add(at(5), {{"a", 3.0}});
  recent.add(at(6), {});
  EXPECT_EQ(recent.mean_since("a", at(-1)), 2.0);
  EXPECT_EQ(recent.mean_since("a", at(0)), 3.0);
  EXPECT_EQ(recent.mean_since("a", at(5)), std::nullopt);
  EXPECT_EQ(recent.mean_since("b", at(0)), std::nullopt);
  recent.add(at(31), {});
  EXPECT_EQ(recent.mean_since("a", at(-1)), 3.0) << "the first one is too old";
  std::map<std::string, double> many;
  for (int i = 0; i < 100; ++i) many["m" + std::to_string(100 + i)] = 1.0;
  recent.add(at(32), many);
  EXPECT_TRUE(recent.mean_since("m100", at(0)));
  EXPECT_FALSE(recent.mean_since("m199", at(0)));
  for (int i = 0; i < 100; ++i) recent.add(at(33), {{"a", i == 0 ? 1000.0 : 0.0}});
  EXPECT_EQ(recent.mean_since("a", at(32)), 0.0) << "the oldest go";
}

}  // namespace
}  // namespace foretide::coordinator::story
