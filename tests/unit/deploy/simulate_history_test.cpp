// `foretide simulate --from-history`: what it makes of the coordinator's answer.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "admin_stage.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Load 8 on four workers that carry 2 each now, then 12 on the same four.
class SimulateHistory : public AdminStage {
 protected:
  void SetUp() override {
    AdminStage::SetUp();
    answer_ = [](const AdminRequest&) {
      json answer{{"service", "web"}, {"grain_seconds", 60}, {"start_seconds", 3.5},    {"min", 1},
                  {"max", 9},         {"shortage", 0.02},    {"capacity_per_worker", 2}};
      for (int i = 0; i < 40; ++i) {
        answer["rows"].push_back({600 + 60 * i, i < 36 ? 8 : 12, nullptr, 4, 4});
      }
      return AdminResponse{.body = answer.dump()};
    };
  }
};

TEST_F(SimulateHistory, SaysWhatAsItWasIsMadeOf) {
  ASSERT_EQ(run(add_simulate, {"simulate", "--from-history", "web"}), kDone) << errors_;
  EXPECT_THAT(output_, HasSubstr("as it was, in all          4.762%"));
  EXPECT_THAT(output_, HasSubstr("against the workers that were ready at the time"));
  EXPECT_THAT(output_, HasSubstr("capacity of now (2 each)"));
}

TEST_F(SimulateHistory, TellsItInJsonToo) {
  ASSERT_EQ(run(add_simulate, {"simulate", "--from-history", "web", "--json"}), kDone) << errors_;
  const json was = json::parse(output_).at("as_it_was");
  EXPECT_NEAR(was["unserved"].get<double>(), 16.0 / 336.0, 1e-9);
  EXPECT_EQ(was["workers_mean"], 4.0);
  EXPECT_EQ(was["capacity_of_now"], 2.0);
}

TEST_F(SimulateHistory, ReadsItAtTheGrainThatWasAskedFor) {
  ASSERT_EQ(run(add_simulate, {"simulate", "--from-history", "web", "--grain", "hour"}), kDone);
  EXPECT_EQ(asked_.back().query.at("grain"), "hour");
}

}  // namespace
}  // namespace foretide::cli
