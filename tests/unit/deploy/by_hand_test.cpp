// `foretide scale` and `pause`: what they send and say.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "admin_stage.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using testing::HasSubstr;

class ByHand : public AdminStage {
 protected:
  void SetUp() override {
    AdminStage::SetUp();
    answer_ = [](const AdminRequest&) { return AdminResponse{.body = "{}"}; };
  }
};

TEST_F(ByHand, SaysHowManyItHoldsAndForHowLong) {
  ASSERT_EQ(run(add_scale, {"scale", "web", "1", "--for", "90s"}), kDone) << errors_;
  EXPECT_THAT(output_, HasSubstr("web is held at 1 worker for 90s; "));
  ASSERT_EQ(run(add_scale, {"scale", "web", "3", "--for", "1.5d"}), kDone) << errors_;
  EXPECT_THAT(output_, HasSubstr("web is held at 3 workers for 36h; "));
  EXPECT_EQ(nlohmann::json::parse(asked_.back().body).at("for"), "129600000ms");
}

TEST_F(ByHand, SaysWhatStillKeepsItFromFollowingDemand) {
  answer_ = [](const AdminRequest&) {
    return AdminResponse{.body = R"({"manual": {"count": 6, "expires_in_s": 43}, "pause": null})"};
  };
  ASSERT_EQ(run(add_resume, {"resume", "web"}), kDone) << errors_;
  EXPECT_THAT(output_, HasSubstr("still held at 6 workers by hand for 43s more; "
                                 "'foretide scale web --auto' ends that"));
  answer_ = [](const AdminRequest&) {
    return AdminResponse{.body = R"({"manual": null, "pause": {"direction": "both"}})"};
  };
  ASSERT_EQ(run(add_scale, {"scale", "web", "--auto"}), kDone) << errors_;
  EXPECT_THAT(output_, HasSubstr("still paused: no rule changes the number of workers; "
                                 "'foretide resume web' ends that"));
}

}  // namespace
}  // namespace foretide::cli
