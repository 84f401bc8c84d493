// What is foretold of a cluster file, and that the core then does it.
#include "coordinator/core/preview.hpp"

#include <gmock/gmock.h>

#include "common/settings/cluster_file.hpp"
#include "common/settings/release.hpp"
#include "coordinator/io/preview_json.hpp"
#include "core_world.hpp"

namespace foretide::coordinator {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

ClusterSettings cluster(const std::string& services) {
  auto read = parse_cluster("version: 1\nservices: {" + services + "}\n", "f");
  EXPECT_TRUE(read) << read.error();
  return std::move(*read);
}

// A cluster in which each service with a command has so many workers, as was decided.
State running(const ClusterSettings& settings, std::uint32_t workers) {
  State state;
  state.started = true;
  state.settings = settings;
  for (const ServiceSettings& service : settings.services) {
    ServiceRecord& record = state.services[service.id];
    record.id = service.id;
    record.settings = service;
    if (!service.upstreams.empty()) continue;
    record.release = release_for(service.worker);
    record.desired = workers;
    for (std::uint32_t i = 0; i < workers; ++i) {
      const WorkerId id{service.id.text + "-1-" + std::to_string(i)};
      record.workers[id] = {.id = id, .service = service.id, .release = record.release};
    }
  }
  return state;
}

WorkersAhead ahead(const State& state, const std::string& services) {
  const Preview preview = preview_of(state, cluster(services));
  EXPECT_THAT(preview.services, SizeIs(1));
  EXPECT_TRUE(preview.services.at(0).workers);
  return preview.services.at(0).workers.value_or(WorkersAhead{});
}

// given: two workers of a service that may have 1 to 10; expect: by the new file
TEST(Preview, CountsWorkersByTheNewBounds) {
  struct Case {
    std::string after;
    std::uint32_t then, replaced, ended;
  };
  const Case cases[] = {
      {"web: {command: a, scale: {min: 4}}", 4, 0, 0},
      {"web: {command: a, scale: {max: 1}}", 1, 0, 1},
      {"web: {command: a, scale: {min: 2}}", 2, 0, 0},
      {"web: {command: b}", 2, 2, 0},
      {"web: {command: b, scale: {max: 1}}", 1, 1, 1},
      {"web: {command: b, scale: {min: 5}}", 5, 2, 0},
      {"web: {upstreams: [\"h:1\"]}", 0, 0, 2},
  };
  const State state = running(cluster("web: {command: a}"), 2);
  for (const Case& it : cases) {
    const WorkersAhead workers = ahead(state, it.after);
    EXPECT_EQ(workers.now, 2u) << it.after;
    EXPECT_EQ(workers.running, 2u) << it.after;
    EXPECT_EQ(workers.then, it.then) << it.after;
    EXPECT_EQ(workers.replaced, it.replaced) << it.after;
    EXPECT_EQ(workers.ended, it.ended) << it.after;
  }
}

TEST(Preview, SaysNothingOfTheSameFile) {
  const auto settings = cluster("web: {command: a}, up: {match: {host: u}, upstreams: [\"h:1\"]}");
  const Preview preview = preview_of(running(settings, 2), settings);
  EXPECT_TRUE(preview.is_empty());
  EXPECT_FALSE(preview.wants_restart);
}

TEST(Preview, EndsTheWorkersOfWhatIsRemovedAndStartsThoseOfWhatIsAdded) {
  const State state = running(cluster("old: {command: a}"), 3);
  const Preview preview = preview_of(state, cluster("new: {command: a, scale: {min: 2}}"));
  ASSERT_THAT(preview.services, SizeIs(2));
  EXPECT_EQ(preview.services[0].change.kind, ServiceChange::Kind::kAdded);
  EXPECT_EQ(preview.services[0].workers->then, 2u);
  EXPECT_EQ(preview.services[0].workers->replaced, 0u);
  EXPECT_EQ(preview.services[1].change.kind, ServiceChange::Kind::kRemoved);
  EXPECT_EQ(preview.services[1].workers->ended, 3u);
}

TEST(Preview, HoldsACountGivenByHandToTheNewBounds) {
  State state = running(cluster("web: {command: a, scale: {max: 6}}"), 6);
  state.services.at(ServiceId{"web"}).manual = ManualCount{.count = 8, .until = {}};
  EXPECT_EQ(ahead(state, "web: {command: a, scale: {max: 20}}").then, 8u);
}

TEST(Preview, LeavesOutWorkersThatLeaveAlready) {
  State state = running(cluster("web: {command: a}"), 2);
  state.services.at(ServiceId{"web"}).workers.begin()->second.stage = WorkerStage::kDraining;
  EXPECT_EQ(ahead(state, "web: {command: b}").running, 1u);
  EXPECT_EQ(ahead(state, "web: {command: b}").replaced, 1u);
}

// given: a service with two ready workers that nobody asks for; expect: what is foretold is done
TEST(Preview, ForetellsWhatTheCoreThenDoes) {
  using namespace std::chrono_literals;
  struct Bounds {
    std::uint32_t min, max;
  };
  for (const auto [min, max] : {Bounds{4, 10}, Bounds{1, 1}, Bounds{2, 6}, Bounds{0, 1}}) {
    story::World world;
    ServiceSettings web = story::service_named("web");
    web.scale.min = 2;
    world.start({web});
    world.join_agent("node-a");
    world.join_balancer("edge");
    world.pass(15s);
    ASSERT_EQ(world.view("web").ready, 2u);
    ServiceSettings next = web;
    next.scale.min = min;
    next.scale.max = max;
    ClusterSettings after = world.settings;
    after.services = {next};
    const Preview preview = preview_of(world.state, after);
    WorkersAhead ahead{.then = 2};
    if (!preview.services.empty()) ahead = preview.services[0].workers.value();
    world.reload({next});
    const std::uint32_t desired = world.view("web").desired;
    EXPECT_LE(desired, ahead.then) << min << " to " << max;
    EXPECT_GE(desired, ahead.may_fall_to.value_or(ahead.then)) << min << " to " << max;
    EXPECT_EQ(ahead.may_fall_to.has_value(), min < 2 && max > min) << min << " to " << max;
  }
}

TEST(Preview, HasNoWorkersWhereThereAreUpstreams) {
  const State state = running(cluster("web: {upstreams: [\"h:1\"]}"), 0);
  const Preview preview = preview_of(state, cluster("web: {upstreams: [\"h:2\"]}"));
  ASSERT_THAT(preview.services, SizeIs(1));
  EXPECT_FALSE(preview.services[0].workers);
  EXPECT_EQ(json_for(preview)["services"][0]["workers"], nullptr);
}

TEST(Preview, ShowsWhatMayBeASecretNowhereInItsJson) {
  const State state = running(cluster("web: {command: a, env: {KEY: first}}"), 1);
  const std::string json =
      json_for(preview_of(state, cluster("web: {command: a, env: {KEY: second}}"))).dump();
  EXPECT_THAT(json, testing::HasSubstr("env.KEY"));
  EXPECT_THAT(json, testing::Not(testing::HasSubstr("first")));
  EXPECT_THAT(json, testing::Not(testing::HasSubstr("second")));
}

}  // namespace
}  // namespace foretide::coordinator
