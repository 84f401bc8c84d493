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

}  // namespace
}  // namespace foretide::cli
