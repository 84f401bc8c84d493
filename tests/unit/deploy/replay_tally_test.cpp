// How a replay is held against what was recorded, and how the record is asked for.
#include "deploy/cli/replay_tally.hpp"

#include <gmock/gmock.h>

#include "admin_stage.hpp"
#include "common/rfc3339.hpp"
#include "common/text_codes.hpp"
#include "coordinator/core/decide.hpp"
#include "coordinator/core/moment_codec.hpp"
#include "coordinator/core/signals.hpp"
#include "deploy/cli/moment_option.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using namespace std::chrono_literals;
using coordinator::Replayed;
using testing::HasSubstr;

WallTime at(int ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

using coordinator::MomentId;

Replayed moment(MomentId id, int ms, std::uint32_t from, std::uint32_t to,
                const std::string& rule) {
  Replayed one{.id = id, .at = at(ms), .decision = {}, .recorded = {}, .is_same = true};
  one.decision.at = one.at;
  one.decision.from = from;
  one.decision.to = to;
  one.decision.rule = rule;
  one.decision.reason = "because";
  one.recorded = coordinator::verdict_of(one.decision);
  return one;
}

RecordedDecision told(int ms, std::uint32_t from, std::uint32_t to, const std::string& rule) {
  return {at(ms), from, to, rule, "because"};
}

TEST(ReplayTally, HoldsEveryToldDecisionAgainstItsOwnMoment) {
  ReplayTally tally(RecordedDecisions{{{1, 2}, told(5, 9, 9, "panic")},
                                      {{1, 10}, told(10, 1, 2, "panic")},
                                      {{1, 12}, told(40, 3, 3, "max")},
                                      {{1, 90}, told(90, 3, 1, "stable")},
                                      {{2, 11}, told(40, 1, 4, "panic")}});
  tally.add({moment({1, 10}, 10, 1, 2, "panic"), moment({1, 11}, 40, 3, 3, "stable"),
             moment({1, 12}, 40, 3, 3, "max")},
            true);
  tally.add({moment({1, 20}, 50, 3, 3, "max")}, false);
  EXPECT_EQ(tally.decisions(), 2u) << "but those outside, and those of another life";
  EXPECT_TRUE(tally.all_same());
  EXPECT_EQ(tally.moments(), 4u);
  EXPECT_EQ(tally.was().changes, 1u);
  EXPECT_EQ(tally.was().most, 3u);
}

// 10 and 20 come twice. By time alone the second 1 -> 4 would be looked for in the first 20.
TEST(ReplayTally, IsNotMisledByAClockThatIsSetBack) {
  const RecordedDecisions recorded{{{1, 1}, told(20, 1, 2, "panic")},
                                   {{1, 2}, told(10, 2, 1, "stable")},
                                   {{1, 3}, told(20, 1, 4, "panic")},
                                   {{1, 5}, told(5, 4, 3, "stable")}};
  std::vector<Replayed> run{moment({1, 0}, 10, 1, 1, "stable"), moment({1, 1}, 20, 1, 2, "panic"),
                            moment({1, 2}, 10, 2, 1, "stable"), moment({1, 3}, 20, 1, 4, "panic"),
                            moment({1, 4}, 30, 4, 4, "stable"), moment({1, 5}, 5, 4, 3, "stable")};
  ReplayTally tally(recorded);
  tally.add(run, true);
  EXPECT_EQ(tally.decisions(), 4u);
  EXPECT_EQ(tally.decisions_same(), 4u);
  EXPECT_TRUE(tally.all_same());
  EXPECT_EQ(tally.begin(), at(10));
  EXPECT_EQ(tally.end(), at(30));
  // What each of the two decided is exchanged: there is a 1 -> 4 at 20, but of another moment.
  std::swap(run[1].decision, run[3].decision);
  ReplayTally exchanged(recorded);
  exchanged.add(run, true);
  EXPECT_EQ(exchanged.decisions_same(), 2u);
}

TEST(ReplayTally, TellsTheFirstThatIsOther) {
  ReplayTally tally(RecordedDecisions{{{1, 1}, told(10, 1, 4, "panic")},
                                      {{1, 2}, told(20, 2, 3, "panic")},
                                      {{1, 3}, told(31, 3, 4, "panic")}});
  tally.add({moment({1, 1}, 10, 1, 2, "panic"), moment({1, 2}, 20, 2, 3, "panic"),
             moment({1, 3}, 30, 3, 4, "panic")},
            true);
  EXPECT_EQ(tally.decisions_same(), 1u) << "one decided otherwise, one at another time";
  EXPECT_FALSE(tally.all_same());
  ASSERT_TRUE(tally.first());
  EXPECT_EQ(tally.first()->recorded, "1 -> 4 (panic): because");
  EXPECT_EQ(tally.first()->now, "1 -> 2 (panic): because");
}

TEST(ReplayTally, MissesAMomentThatADecisionWasMadeOf) {
  ReplayTally tally(
      RecordedDecisions{{{1, 59}, told(15, 1, 4, "panic")}, {{1, 1061}, told(35, 4, 1, "stable")}});
  tally.add({moment({1, 58}, 10, 1, 1, "stable")}, true);
  EXPECT_EQ(tally.decisions(), 0u) << "it may come yet";
  tally.add({moment({1, 1000}, 20, 1, 1, "stable"), moment({1, 1060}, 30, 1, 1, "stable")}, false);
  EXPECT_EQ(tally.decisions(), 1u) << "what is behind the end says nothing";
  EXPECT_EQ(tally.decisions_same(), 0u);
  ASSERT_TRUE(tally.first());
  EXPECT_EQ(tally.first()->now, "the moment that it was made of is missing");
}

TEST(ReplayTally, ShowsBothSidesOfAMomentThatIsOther) {
  ReplayTally tally(RecordedDecisions{{{1, 1}, told(10, 1, 4, "panic")}});
  Replayed other = moment({1, 1}, 10, 1, 2, "stable");
  other.recorded = {1, 4, "panic", 7};
  other.is_same = false;
  tally.add({other}, true);
  ASSERT_TRUE(tally.first());
  EXPECT_EQ(tally.first()->recorded, "1 -> 4 (panic): because");
  EXPECT_EQ(tally.first()->now, "1 -> 2 (stable): because");
  EXPECT_EQ(tally.moments_same(), 0u);
}

TEST(ReplayTally, DoesNotMissWhatLiesBetweenTwoStretches) {
  ReplayTally tally(RecordedDecisions{{{1, 50}, told(50, 1, 2, "panic")}});
  tally.add({moment({1, 10}, 10, 1, 1, "stable")}, true);
  tally.add({}, false);
  tally.add({moment({1, 2000}, 100, 2, 2, "stable")}, true);
  EXPECT_EQ(tally.decisions(), 0u);
}

// ---- the whole verb, with a coordinator that answers from here ----

class ReplayVerb : public AdminStage {
 protected:
  // Three seconds in which a service without prediction goes from one worker to two.
  // By the clock from `begin_ms` on.
  static std::string bytes(int begin_ms = 0) {
    coordinator::ServiceStanding standing;
    standing.id = {"web"};
    standing.settings.emplace();
    standing.settings->scale.predict = ScaleSettings::Predict::kOff;
    standing.desired = 1;
    coordinator::MomentWriter writer(standing);
    for (int second = 0; second < 3; ++second) {
      coordinator::Situation situation{.now = Instant(100s + 1s * second),
                                       .wall = at(begin_ms + 1000 * second),
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
  using Json = nlohmann::json;

  static Json decision(int ms, std::uint32_t from, std::uint32_t to, Json moment) {
    return {{"at", rfc3339_text(at(ms))},
            {"moment", std::move(moment)},
            {"from", from},
            {"to", to},
            {"rule", "panic"},
            {"reason", "because"}};
  }

  // A minute for each chunk.
  void answer_with(const std::vector<std::string>& chunks, const std::string& version,
                   Json decisions = Json::array()) {
    answer_ = [=](const AdminRequest& request) -> AdminResponse {
      Json json{{"decisions", decisions}};
      if (request.path.ends_with("/moments")) {
        const bool is_first = request.query.at("after") == "0";
        json = {{"moments", Json::array()}, {"next", nullptr}};
        for (std::size_t i = 0; is_first && i < chunks.size(); ++i) {
          json["moments"].push_back({{"life", 1},
                                     {"number", i},
                                     {"begin_ms", 60'000 * i},
                                     {"version", version},
                                     {"bytes", base64url_encoded(chunks[i])}});
          json["next"] = 7;
        }
      }
      return {200, "application/json", json.dump(), false};
    };
  }
  int replay(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"simulate", "--from-history", "web", "--replay"};
    words.insert(words.end(), more.begin(), more.end());
    return run(add_simulate, std::move(words));
  }
};

TEST_F(ReplayVerb, TellsThatAllCameOutAsItWas) {
  answer_with({bytes()}, program_version());
  EXPECT_EQ(replay(), kDone) << output_;
  EXPECT_THAT(output_, HasSubstr("3 of 3 moments and 0 of 0 recorded decisions came out"));
  EXPECT_THAT(output_, testing::Not(HasSubstr("cannot be read")));
  EXPECT_EQ(replay({"--max", "1"}), kDone);
  EXPECT_THAT(output_, HasSubstr("with --max 1"));
}

TEST_F(ReplayVerb, EndsWithOneWhereTheRecordIsNotWhatItWas) {
  std::string other = bytes();
  const auto panic = other.find("panic");
  ASSERT_NE(panic, std::string::npos);
  other[panic] = 'm';
  answer_with({other}, program_version());
  EXPECT_EQ(replay(), kFailed);
  EXPECT_THAT(output_, HasSubstr("(manic)"));
  answer_with({bytes().substr(0, 40)}, program_version());
  EXPECT_EQ(replay(), kFailed);
  EXPECT_THAT(errors_, HasSubstr("nothing is recorded of web that could be decided again yet; 1 of "
                                 "1 chunks of moments cannot be read"));
  answer_with({bytes()}, "0.0.9");
  EXPECT_EQ(replay(), kFailed);
  EXPECT_THAT(errors_, HasSubstr("nothing is recorded of web"));
}

TEST_F(ReplayVerb, LeavesOutWhatCannotBeReadAndGoesOnBehindIt) {
  const std::string cut = bytes().substr(0, 40);
  answer_with({bytes(), cut, cut, bytes(180'000), cut}, program_version());
  EXPECT_EQ(replay(), kDone) << output_ << errors_;
  EXPECT_THAT(output_, HasSubstr("6 of 6 moments"));
  const std::string spans =
      "3 of 5 chunks of moments cannot be read and were left out, with what "
      "was decided then: from " +
      local_text(at(60'000)) + " to " + local_text(at(180'000)) + ", from " +
      local_text(at(240'000)) + " on.";
  EXPECT_THAT(output_, HasSubstr(spans));
  EXPECT_EQ(replay({"--json"}), kDone);
  const Json json = Json::parse(output_);
  EXPECT_EQ(json["moments_same"], 6);
  EXPECT_EQ(json["stretches"], 2);
  EXPECT_EQ(json["chunks"], 5);
  EXPECT_EQ(json["chunks_unreadable"], 3);
  ASSERT_EQ(json["unreadable"].size(), 2u);
  EXPECT_EQ(json["unreadable"][0]["begin"], rfc3339_text(at(60'000)));
  EXPECT_EQ(json["unreadable"][0]["end"], rfc3339_text(at(180'000)));
  EXPECT_EQ(json["unreadable"][0]["chunks"], 2);
  EXPECT_THAT(json["unreadable"][0]["error"].get<std::string>(), HasSubstr("damaged"));
  EXPECT_TRUE(json["unreadable"][1]["end"].is_null());
}

// What the coordinator tells of workers that it found running, say, was made of no moment.
TEST_F(ReplayVerb, ComparesOnlyDecisionsThatHaveAMoment) {
  const Json decisions{decision(500, 1, 7, nullptr),
                       decision(1000, 1, 7, {{"life", 1}, {"order", 1}}),
                       decision(1500, 1, 7, {{"life", 1}, {"order", 700}})};
  answer_with({bytes()}, program_version(), decisions);
  EXPECT_EQ(replay(), kFailed);
  EXPECT_THAT(output_, HasSubstr("3 of 3 moments and 0 of 1 recorded decisions came out"));
  EXPECT_THAT(output_, HasSubstr("recorded  1 -> 7 (panic): because"));
}

// The clock is set back where one page ends and the next begins.
TEST_F(ReplayVerb, AsksForAllDecisionsThoughTheClockWasSetBack) {
  Json decisions = Json::array();
  for (int i = 0; i < 2500; ++i) {
    const int ms = 100 * (i < 995 ? i : i - 50);
    decisions.push_back(decision(ms, 1, 2, {{"life", 1}, {"order", i}}));
  }
  answer_ = [&](const AdminRequest& request) -> AdminResponse {
    const auto after = parse_rfc3339(request.query.at("after"));
    Json page{{"decisions", Json::array()}};
    for (const Json& one : decisions) {
      const bool is_later = *parse_rfc3339(one["at"].get<std::string>()) > *after;
      if (is_later && page["decisions"].size() < 1000) page["decisions"].push_back(one);
    }
    return {200, "application/json", page.dump(), false};
  };
  const auto admin = AdminClient::open({.address = address(), .token_file = {}});
  ASSERT_TRUE(admin) << admin.error();
  const auto all = recorded_decisions(*admin, "web", at(-1));
  ASSERT_TRUE(all) << all.error();
  EXPECT_EQ(all->size(), 2500u);
}

}  // namespace
}  // namespace foretide::cli
