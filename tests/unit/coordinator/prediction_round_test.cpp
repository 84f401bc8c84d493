// Many services whose predictors share the steps of a turn: none goes without for its name, none
// that speaks waits for one that grows, and one that fell behind all the same is not listened to.
#include "coordinator/core/prediction_round.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "coordinator/core/decide.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;

// Services of which each has some demand in each second, and a turn a second for all of them.
struct Table {
  State state;
  std::int64_t second = 0;

  explicit Table(int services) {
    for (int i = 0; i < services; ++i) {
      const ServiceId id{"s" + std::to_string(100 + i)};
      ServiceRecord& service = state.services[id];
      service.id = id;
      service.settings = service_named(id.text);
    }
  }
  ServiceRecord& service(int i) { return std::next(state.services.begin(), i)->second; }
  std::int64_t steps(int i) { return service(i).prediction.stand().speaking_steps; }
  bool speaks(int i) { return service(i).prediction.stand().speaking != 0; }
  void close() {
    for (auto& [id, service] : state.services) {
      service.series.restore(second, 20.0 + 8.0 * std::sin(static_cast<double>(second) / 30.0));
    }
    ++second;
  }
  void turn(bool is_tick = true) {
    Turn turn{.state = state, .now = Instant(std::chrono::seconds(second)), .wall = {}};
    turn.look_at_all = is_tick;
    std::vector<ServiceRecord*> services;
    for (auto& [id, service] : state.services) services.push_back(&service);
    move_predictions(turn, services);
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) close(), turn();
  }
};

// 80 services, 60 steps a second: each takes in some three quarters of what comes, all of it when
// its turn has just been.
TEST(PredictionRound, GivesEveryServiceItsShare) {
  Table table(80);
  table.close();
  for (int i = 0; i < 10; ++i) table.turn();  // all of them speak
  table.pass(40);
  std::vector<std::int64_t> steps;
  for (int i = 0; i < 80; ++i) steps.push_back(table.steps(i));
  EXPECT_GE(*std::min_element(steps.begin(), steps.end()), 20);
}

// The first gets another max, and its predictor is grown from what it has seen.
TEST(PredictionRound, FeedsWhoSpeaksBeforeAnybodyGrows) {
  Table table(3);
  table.pass(400);
  ASSERT_EQ(table.steps(2), 400);
  table.service(0).settings->scale.max += 10;
  for (int i = 0; i < 8; ++i) {
    table.pass(1);
    ASSERT_NE(table.service(0).prediction.stand().growing, 0U) << i;
    EXPECT_EQ(table.service(2).prediction.next_second(), table.second) << i;
  }
  table.pass(40);
  EXPECT_EQ(table.service(0).prediction.stand().speaking, 2U);
}

// After a restart that remembers 300 steps of each: done one by one, and by ticks only.
TEST(PredictionRound, GrowsOneAfterAnother) {
  Table table(4);
  for (int i = 0; i < 4; ++i) {
    DemandPast past{.minutes = {}, .step_seconds = 1.0, .steps = {}};
    past.steps.assign(300, 20.0F);
    table.service(i).prediction.remember(past);
  }
  table.close();
  for (int i = 0; i < 30; ++i) table.turn(false);
  EXPECT_FALSE(table.speaks(0));
  std::vector<int> speaking;
  for (int i = 0; i < 110; ++i) {
    table.turn();
    int count = 0;
    for (int each = 0; each < 4; ++each) count += table.speaks(each) ? 1 : 0;
    speaking.push_back(count);
  }
  EXPECT_EQ(speaking[30], 1);
  EXPECT_EQ(speaking[55], 2);
  EXPECT_EQ(speaking.back(), 4);
}

// 3 workers, 6 to be thought of. Load 44 needs 6, and nobody has looked for 20 s:     stable, panic
TEST(Foresight, IsNotListenedToOnceItIsOld) {
  ServiceStanding web;
  web.id = {"web"};
  web.settings = service_named("web");
  web.settings->scale.max = 20;
  web.desired = 3;
  Situation at{.now = Instant(1000s), .age = 1h, .ready = 3, .balancers_known = true};
  at.demand = {.load = 44.0, .latest = 44.0, .largest = 44.0, .known_seconds = 60.0};
  at.foresight = Foresight{.standing = Foresight::Standing::kPays, .workers = 3};
  at.foresight->workers_thinkable = 6;
  at.foresight->capacity = at.capacity;
  at.foresight->holds_until = 1001;
  EXPECT_EQ(decision_for(web, at).to, 3U);
  at.now += 1s;
  const Decision decision = decision_for(web, at);
  EXPECT_EQ(decision.to, 6U);
  EXPECT_THAT(decision.opinions, Contains(Field(&Opinion::reason, HasSubstr("fallen behind"))));
}

TEST(Foresight, HoldsForThreeStepsAndWhatReportsMayBeLate) {
  Table table(1);
  table.pass(20);
  ASSERT_TRUE(table.service(0).foresight);
  EXPECT_EQ(table.service(0).foresight->holds_until, 20 + 3 + 5);
  table.service(0).settings->scale.predict = ScaleSettings::Predict::kOff;
  table.turn();
  EXPECT_FALSE(table.service(0).foresight);
}

}  // namespace
}  // namespace foretide::coordinator::story
