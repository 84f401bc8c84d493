// `foretide explain --at`: how a time is said, and what is told of it.
#include <gmock/gmock.h>
#include <time.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "admin_stage.hpp"
#include "common/io/clock.hpp"
#include "common/rfc3339.hpp"
#include "deploy/cli/moment_option.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// An hour and a half east of Greenwich, all year.
class InATimeZone {
 public:
  InATimeZone() {
    setenv("TZ", "TST-1:30", 1);
    tzset();
  }
  ~InATimeZone() {
    unsetenv("TZ");
    tzset();
  }
};

TEST(Moment, IsSaidInTheWaysOfPeople) {
  const InATimeZone zone;
  const WallTime now = *parse_rfc3339("2026-11-28T12:00:00.500Z");  // 13:30 here
  const std::pair<std::string, std::string> cases[] = {
      {"13:05", "2026-11-28T11:35:00.000Z"},
      {"13:05:30", "2026-11-28T11:35:30.000Z"},
      {"14:05", "2026-11-27T12:35:00.000Z"},
      {"00:10", "2026-11-27T22:40:00.000Z"},
      {"2026-11-28 13:05:30", "2026-11-28T11:35:30.000Z"},
      {"2026-11-28T13:05", "2026-11-28T11:35:00.000Z"},
      {"2026-03-01 00:00", "2026-02-28T22:30:00.000Z"},
      {"10m ago", "2026-11-28T11:50:00.500Z"},
      {"1.5h ago", "2026-11-28T10:30:00.500Z"},
      {"2026-11-28T13:05:30+02:00", "2026-11-28T11:05:30.000Z"},
  };
  for (const auto& [text, moment] : cases) {
    const auto read = moment_in(text, now);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(rfc3339_text(*read), moment) << text;
  }
  EXPECT_EQ(local_text(now), "2026-11-28 13:30:00");
}

TEST(Moment, OfYesterdayIsSaidToBe) {
  const InATimeZone zone;
  const WallTime now = *parse_rfc3339("2026-11-28T12:00:00Z");  // 13:30 here
  EXPECT_EQ(local_text(*moment_in("23:10", now), now), "2026-11-27 23:10:00 (yesterday)");
  EXPECT_EQ(local_text(*moment_in("00:10", now), now), "2026-11-28 00:10:00");
  EXPECT_EQ(local_text(*moment_in("2026-11-26 23:10", now), now), "2026-11-26 23:10:00");
  const WallTime new_year = *parse_rfc3339("2027-01-01T00:00:00Z");
  EXPECT_EQ(local_text(*moment_in("01:31", new_year), new_year), "2026-12-31 01:31:00 (yesterday)");
}

TEST(Moment, IsRefusedWhereThereIsNoneOrItIsStillToCome) {
  const InATimeZone zone;
  const WallTime now = *parse_rfc3339("2026-11-28T12:00:00Z");
  for (const char* wrong : {"", "noon", "25:00", "14:05x", "10 ago", "ago", "-5m ago",
                            "2026-02-30 10:00", "2026-11-28", "14"}) {
    const auto read = moment_in(wrong, now);
    ASSERT_FALSE(read) << wrong;
    EXPECT_THAT(read.error(), HasSubstr("is no time; write 14:05"));
  }
  EXPECT_THAT(moment_in("2026-11-29 10:00", now).error(), HasSubstr("is still to come"));
}

json decision(const std::string& at, int from, int to) {
  return {{"at", at},        {"from", from},        {"to", to},
          {"rule", "panic"}, {"reason", "it fell"}, {"demand", 9.0},
          {"ready", from},   {"starting", 0}};
}

class ExplainAt : public AdminStage {
 protected:
  // What the coordinator has before the time and after it.
  void know(const std::optional<json>& before, const std::optional<json>& after) {
    answer_ = [=](const AdminRequest& request) {
      json list = json::array();
      const auto& one = request.query.contains("before") ? before : after;
      if (one) list.push_back(*one);
      return AdminResponse{.body = json{{"decisions", list}}.dump()};
    };
  }
  int explain(const std::string& at) { return run(add_explain, {"explain", "web", "--at", at}); }
  const InATimeZone zone_;
};

TEST_F(ExplainAt, TellsTheDecisionInForceAndTheNext) {
  know(decision("2020-05-01T10:00:00.250Z", 2, 4), decision("2020-05-01T11:00:00.000Z", 4, 3));
  ASSERT_EQ(explain("2020-05-01 12:00"), kDone) << errors_;
  EXPECT_THAT(output_, HasSubstr("2020-05-01 12:00:00: 4 workers wanted of web, as was decided at "
                                 "2020-05-01 11:30:00\n"));
  EXPECT_THAT(output_, HasSubstr("2020-05-01 11:30:00  from 2 to 4 workers\n"));
  EXPECT_THAT(output_, HasSubstr("demand was 9.0"));
  EXPECT_THAT(output_, HasSubstr("the next decision:\n\n2020-05-01 12:30:00  from 4 to 3 workers"));
  ASSERT_EQ(asked_.size(), 2u);
  EXPECT_EQ(asked_[0].path, "/v1/services/web/decisions");
  EXPECT_EQ(asked_[0].query.at("limit"), "1");
  EXPECT_EQ(asked_[0].query.at("before"), "2020-05-01T10:30:00.999Z") << "the whole second";
  EXPECT_EQ(asked_[1].query.at("after"), "2020-05-01T10:30:00.999Z");
}

TEST_F(ExplainAt, SaysSinceWhenDecisionsAreKnown) {
  know(std::nullopt, decision("2020-05-01T11:00:00Z", 0, 1));
  ASSERT_EQ(explain("2020-05-01 12:00"), kDone);
  EXPECT_THAT(output_, HasSubstr("decisions about web are known from 2020-05-01 12:30:00 on"));
  know(std::nullopt, std::nullopt);
  ASSERT_EQ(explain("2020-05-01 12:00"), kDone);
  EXPECT_EQ(output_, "no decision about web is known\n");
  know(decision("2020-05-01T11:00:00Z", 0, 1), std::nullopt);
  ASSERT_EQ(explain("1m ago"), kDone);
  EXPECT_THAT(output_, HasSubstr("nothing else has been decided since"));
}

TEST_F(ExplainAt, SaysWhereItTookATimeOfDayForYesterdays) {
  know(decision("2020-05-01T11:00:00Z", 0, 1), std::nullopt);
  const std::string soon = local_text(wall_now() + std::chrono::minutes(5)).substr(11);
  ASSERT_EQ(explain(soon), kDone) << errors_;
  EXPECT_THAT(output_, HasSubstr(soon + " (yesterday): 1 worker wanted of web"));
}

TEST_F(ExplainAt, AsksNobodyAboutWhatIsNoTime) {
  EXPECT_EQ(explain("yesterday"), kUsage);
  EXPECT_THAT(errors_, HasSubstr("--at: 'yesterday' is no time"));
  EXPECT_TRUE(asked_.empty());
}

class ExplainNow : public AdminStage {};

TEST_F(ExplainNow, TellsWhereTheSignalsStand) {
  answer_ = [](const AdminRequest& request) {
    json answer = {{"decisions", json::array()}};
    if (request.path == "/v1/services/web") {
      answer = {{"name", "web"}, {"desired", 2}};
      answer["signals"] = {
          {{"name", "latency_p95"}, {"state", "breached"}, {"text", "412 ms of 300 ms"}}};
    }
    return AdminResponse{.body = answer.dump()};
  };
  ASSERT_EQ(run(add_explain, {"explain", "web"}), kDone) << errors_;
  EXPECT_THAT(output_, HasSubstr("\nsignal latency_p95: breached, 412 ms of 300 ms\n"));
}

}  // namespace
}  // namespace foretide::cli
