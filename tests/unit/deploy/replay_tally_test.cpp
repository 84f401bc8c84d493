// How a replay is held against what was recorded, and how the record is asked for.
#include "deploy/cli/replay_tally.hpp"

#include <gmock/gmock.h>

#include "admin_stage.hpp"
#include "common/text_codes.hpp"
#include "coordinator/core/decide.hpp"
#include "coordinator/core/moment_codec.hpp"
#include "coordinator/core/signals.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using namespace std::chrono_literals;
using coordinator::Replayed;
using testing::HasSubstr;

WallTime at(int ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

Replayed moment(int ms, std::uint32_t from, std::uint32_t to, const std::string& rule) {
  Replayed one{.at = at(ms), .decision = {}, .recorded = {}, .is_same = true};
  one.decision.at = one.at;
  one.decision.from = from;
  one.decision.to = to;
  one.decision.rule = rule;
  one.decision.reason = "because";
  one.recorded = coordinator::verdict_of(one.decision);
  return one;
}

RecordedDecision told(std::uint32_t from, std::uint32_t to, const std::string& rule) {
  return {from, to, rule, "because"};
}

TEST(ReplayTally, FindsEveryToldDecisionAtItsTime) {
  ReplayTally tally(RecordedDecisions{{at(5), told(9, 9, "panic")},
                                      {at(10), told(1, 2, "panic")},
                                      {at(20), told(2, 2, "overdue")},
                                      {at(30), told(2, 3, "adopted")},
                                      {at(40), told(3, 3, "max")},
                                      {at(90), told(3, 1, "stable")}});
  tally.add({moment(10, 1, 2, "panic"), moment(40, 3, 3, "stable"), moment(40, 3, 3, "max")}, true);
  tally.add({moment(50, 3, 3, "max")}, false);
  tally.finish();
  EXPECT_EQ(tally.decisions(), 2u) << "but those outside, and those that nobody decided";
  EXPECT_TRUE(tally.all_same());
  EXPECT_EQ(tally.moments(), 4u);
  EXPECT_EQ(tally.was().changes, 1u);
  EXPECT_EQ(tally.was().most, 3u);
}

TEST(ReplayTally, TellsTheFirstThatIsNotThere) {
  ReplayTally tally(
      RecordedDecisions{{at(10), told(1, 4, "panic")}, {at(20), told(2, 3, "panic")}});
  tally.add({moment(10, 1, 2, "panic"), moment(20, 2, 3, "panic")}, true);
  tally.finish();
  EXPECT_EQ(tally.decisions_same(), 1u);
  EXPECT_FALSE(tally.all_same());
  ASSERT_TRUE(tally.first());
  EXPECT_EQ(tally.first()->recorded, "1 -> 4 (panic): because");
}

TEST(ReplayTally, ShowsBothSidesOfAMomentThatIsOther) {
  ReplayTally tally(RecordedDecisions{{at(10), told(1, 4, "panic")}});
  Replayed other = moment(10, 1, 2, "stable");
  other.recorded = {1, 4, "panic", 7};
  other.is_same = false;
  tally.add({other}, true);
  tally.finish();
  ASSERT_TRUE(tally.first());
  EXPECT_EQ(tally.first()->recorded, "1 -> 4 (panic): because");
  EXPECT_EQ(tally.first()->now, "1 -> 2 (stable): because");
  EXPECT_EQ(tally.moments_same(), 0u);
}

TEST(ReplayTally, DoesNotMissWhatLiesBetweenTwoStretches) {
  ReplayTally tally(RecordedDecisions{{at(50), told(1, 2, "panic")}});
  tally.add({moment(10, 1, 1, "stable")}, true);
  tally.add({moment(100, 2, 2, "stable")}, true);
  tally.finish();
  EXPECT_EQ(tally.decisions(), 0u);
}

// ---- the whole verb, with a coordinator that answers from here ----

class ReplayVerb : public AdminStage {
 protected:
  // Three seconds in which a service without prediction goes from one worker to two.
  static std::string bytes() {
    coordinator::ServiceStanding standing;
    standing.id = {"web"};
    standing.settings.emplace();
    standing.settings->scale.predict = ScaleSettings::Predict::kOff;
    standing.desired = 1;
    coordinator::MomentWriter writer(standing);
    for (int second = 0; second < 3; ++second) {
      coordinator::Situation situation{.now = Instant(100s + 1s * second),
                                       .wall = at(1000 * second),
                                       .age = 1h,
                                       .ready = 1,
                                       .balancers_known = true};
      situation.demand = {.load = 5.0 * second, .latest = 5.0, .largest = 5.0};
      const coordinator::Decision decision = decision_for(standing, situation);
      coordinator::Moment one{.situation = situation,
                              .settings = {},
                              .decided = {},
                              .verdict = coordinator::verdict_of(decision)};
      if (second == 0) one.settings = standing.settings->scale;
      writer.add(one);
      take_effect(standing, decision, situation.now);
    }
    return writer.bytes();
  }
  void answer_with(const std::string& bytes, const std::string& version) {
    answer_ = [=](const AdminRequest& request) -> AdminResponse {
      nlohmann::json json{{"decisions", nlohmann::json::array()}};
      if (request.path.ends_with("/moments")) {
        const bool is_first = request.query.at("after") == "0";
        json = {{"moments", nlohmann::json::array()}, {"next", nullptr}};
        if (is_first) {
          json["moments"].push_back({{"life", 1},
                                     {"number", 0},
                                     {"begin_ms", 0},
                                     {"version", version},
                                     {"bytes", base64url_encoded(bytes)}});
          json["next"] = 7;
        }
      }
      return {200, "application/json", json.dump(), false};
    };
  }
};

TEST_F(ReplayVerb, TellsThatAllCameOutAsItWas) {
  answer_with(bytes(), program_version());
  EXPECT_EQ(run(add_simulate, {"simulate", "--from-history", "web", "--replay"}), kDone) << output_;
  EXPECT_THAT(output_, HasSubstr("3 of 3 moments and 0 of 0 recorded decisions came out"));
  EXPECT_EQ(run(add_simulate, {"simulate", "--from-history", "web", "--replay", "--max", "1"}),
            kDone);
  EXPECT_THAT(output_, HasSubstr("with --max 1"));
}

TEST_F(ReplayVerb, EndsWithOneWhereTheRecordIsNotWhatItWas) {
  std::string other = bytes();
  const auto panic = other.find("panic");
  ASSERT_NE(panic, std::string::npos);
  other[panic] = 'm';
  answer_with(other, program_version());
  EXPECT_EQ(run(add_simulate, {"simulate", "--from-history", "web", "--replay"}), kFailed);
  EXPECT_THAT(output_, HasSubstr("(manic)"));
  answer_with(other.substr(0, 40), program_version());
  EXPECT_EQ(run(add_simulate, {"simulate", "--from-history", "web", "--replay"}), kFailed);
  EXPECT_THAT(errors_, HasSubstr("damaged"));
  answer_with(bytes(), "0.0.9");
  EXPECT_EQ(run(add_simulate, {"simulate", "--from-history", "web", "--replay"}), kFailed);
  EXPECT_THAT(errors_, HasSubstr("nothing is recorded of web"));
}

}  // namespace
}  // namespace foretide::cli
