// `foretide plan`: what it prints of the coordinator's answer, and how it ends.
#include <gmock/gmock.h>

#include <fstream>

#include "admin_stage.hpp"
#include "deploy/cli/plan_view.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> shown(const json& plan) {
  std::vector<std::string> texts;
  for (const PlanLine& it : lines_for_plan(plan)) {
    texts.push_back(std::string(it.margin, ' ') + text_of(it.line, std::string::npos, false));
  }
  return texts;
}

json service(const std::string& what, const json& workers, const json& changes = json::array()) {
  return {{"changed", true},
          {"restart", false},
          {"cluster", json::array()},
          {"services",
           {{{"service", "web"}, {"what", what}, {"changes", changes}, {"workers", workers}}}}};
}

json change(const json& from, const json& to, bool secret = false) {
  return {{"key", "k"},       {"from", from},     {"to", to},
          {"secret", secret}, {"effect", "live"}, {"means", "at once"}};
}

TEST(PlanView, TellsEachKeyWithItsOldAndNewValue) {
  EXPECT_THAT(
      shown(service("changed", nullptr,
                    {change("1", "4"), change(nullptr, "x"), change("x", nullptr),
                     change("", "", true), change(nullptr, "", true)})),
      ElementsAre("web changes", "  k: 1 -> 4 (at once)", "  k: not given -> x (at once)",
                  "  k: x -> not given (at once)", "  k: (not shown) -> (not shown) (at once)",
                  "  k: not given -> (not shown) (at once)"));
}

TEST(PlanView, TellsWhatComesToAListAndWhatGoesFromIt) {
  json gone = change("h:1", nullptr), come = change(nullptr, "h:2");
  gone["item"] = come["item"] = true;
  EXPECT_THAT(
      shown(service("changed", nullptr, {gone, come})),
      ElementsAre("web changes", "  k: no longer h:1 (at once)", "  k: also h:2 (at once)"));
}

// given: what the coordinator counts; expect: the last line
TEST(PlanView, TellsWhatBecomesOfTheWorkers) {
  const auto workers = [](int running, int now, int then, int replaced, int ended) {
    return json{{"running", running},
                {"now", now},
                {"then", then},
                {"replaced", replaced},
                {"ended", ended}};
  };
  const std::tuple<std::string, json, std::string> cases[] = {
      {"changed", workers(1, 1, 4, 0, 0), "  workers: 3 more now, 4 in all"},
      {"changed", workers(9, 9, 4, 0, 5), "  workers: 5 fewer now, 4 in all, the others drain"},
      {"changed", workers(4, 4, 4, 4, 0), "  workers: 4 workers are replaced"},
      {"changed", workers(4, 4, 4, 1, 0), "  workers: 1 worker is replaced"},
      {"changed", workers(4, 4, 4, 0, 0), "web changes"},
      {"added", workers(0, 0, 2, 0, 0), "  it starts 2 workers now"},
      {"added", workers(0, 0, 0, 0, 0), "  it starts no worker before it is asked for"},
      {"added", nullptr, "  its upstreams get the requests that it matches"},
      {"removed", workers(3, 3, 0, 0, 3), "  its 3 workers drain and end"},
      {"removed", workers(0, 0, 0, 0, 0), "  no worker of it runs"},
      {"removed", nullptr, "  its upstreams get no more requests"},
  };
  for (const auto& [what, counts, last] : cases) {
    EXPECT_EQ(shown(service(what, counts)).back(), last);
  }
}

TEST(PlanView, TellsThatALowerMinLetsTheRulesGoDown) {
  const json workers{{"now", 4}, {"then", 4}, {"may_fall_to", 0}};
  EXPECT_EQ(shown(service("changed", workers)).back(),
            "  workers: down to 0 from now on, as demand allows");
}

TEST(PlanView, SaysThatNothingChangesAndThatARestartIsNeeded) {
  EXPECT_THAT(shown({{"changed", false}, {"cluster", json::array()}, {"services", json::array()}}),
              ElementsAre(HasSubstr("nothing changes")));
  const json restart{{"restart", true}, {"cluster", {change("a", "b")}}};
  EXPECT_THAT(shown(restart), ElementsAre("k: a -> b (at once)", HasSubstr("restart it")));
}

class Plan : public AdminStage {
 protected:
  Plan() { say(200, service("added", nullptr)); }
  void say(int status, const json& body) {
    answer_ = [=](const AdminRequest&) {
      return AdminResponse{status, "application/json", body.dump(), false};
    };
  }
  int plan(const std::string& file_text, std::vector<std::string> options = {}) {
    const std::string file = folder_ / "new.yaml";
    std::ofstream(file) << file_text;
    options.insert(options.begin(), {"plan", "--config", file});
    return run(add_plan, options);
  }
};

const std::string kGood = "version: 1\nservices: {web: {command: a}}\n";

TEST_F(Plan, SendsTheFileAsItIsAndPrintsTheAnswer) {
  EXPECT_EQ(plan(kGood), kDone);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].method + " " + asked_[0].path, "POST /v1/plan");
  EXPECT_EQ(asked_[0].content_type, "application/yaml");
  EXPECT_EQ(asked_[0].body, kGood);
  EXPECT_THAT(output_, HasSubstr("web is added"));
  EXPECT_EQ(plan(kGood, {"--json"}), kDone);
  EXPECT_EQ(json::parse(output_)["services"][0]["what"], "added");
}

TEST_F(Plan, EndsWithThreeForChangesWhereThatIsAskedFor) {
  EXPECT_EQ(plan(kGood, {"--detailed-exitcode"}), kChanges);
  say(200, json::parse(R"({"changed": false, "cluster": [], "services": []})"));
  EXPECT_EQ(plan(kGood, {"--detailed-exitcode"}), kDone);
  EXPECT_THAT(output_, HasSubstr("nothing changes"));
}

TEST_F(Plan, TellsTheErrorsOfAFileAsCheckDoesAndAsksNobody) {
  EXPECT_EQ(plan("version: 1\nservices: {web: {comand: a}}\n"), kUsage);
  EXPECT_THAT(errors_, HasSubstr("new.yaml:2:18: "));
  EXPECT_EQ(plan("coordinator: {control: \"h:1\"}\nname: a\n"), kUsage);
  EXPECT_THAT(errors_, HasSubstr("it is no cluster file"));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(Plan, TellsWhatTheCoordinatorMakesOfIt) {
  say(400, {{"error", "cluster.yaml:2:3: no such key"}});
  EXPECT_EQ(plan(kGood), kUsage);
  EXPECT_THAT(errors_, EndsWith("cluster.yaml:2:3: no such key\n"));
  say(404, {{"error", "there is no /v1/plan here"}});
  EXPECT_EQ(plan(kGood), kFailed);
  EXPECT_THAT(errors_, HasSubstr("there is no /v1/plan here"));
  EXPECT_EQ(output_, "");
}

}  // namespace
}  // namespace foretide::cli
