#include "coordinator/io/admin_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/settings/cron_text.hpp"
#include "coordinator/io/api_json.hpp"
#include "coordinator/io/metrics_page.hpp"

namespace foretide::coordinator {
namespace {

using testing::HasSubstr;

const Instant kNow = Instant(std::chrono::seconds(1000));
const WallTime kWall = WallTime(std::chrono::milliseconds(1'700'000'000'123));

Decision a_decision() {
  Decision decision;
  decision.service = ServiceId{"web"};
  decision.at = kWall;
  decision.from = 1;
  decision.to = 2;
  decision.rule = "panic";
  decision.reason = "load 9.0 needs 2";
  decision.demand = 9.0;
  decision.opinions = {{"panic", 2, "load 9.0 needs 2"}, {"min", 1, "min is 1"}};
  return decision;
}

class AdminApiTest : public testing::Test {
 protected:
  AdminApiTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "foretide-api-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = std::move(*Store::open(folder_ + "/control.db"));
    fill_state();
    Orders orders;
    orders.now = [] { return kNow; };
    orders.wall = [] { return kWall; };
    orders.not_ready = [this] { return not_ready_; };
    orders.reload = [this]() -> Result<Reloaded> {
      if (!reload_problems_.empty()) return Error{reload_problems_};
      return Reloaded{true};
    };
    orders.no_token_for = [](const std::string& name) {
      return name == "bad name" ? "'bad name' is no name" : std::string();
    };
    orders.issue_token = [this](wire::Role role, const std::string&) -> Result<IssuedToken> {
      if (disk_is_full_) return Error{"control.db: disk is full"};
      return IssuedToken{role == wire::Role::kAgent ? "ft1.a.x.y" : "ft1.b.x.y", "10.0.0.1:7401",
                         3600};
    };
    orders.hold = [this](const ServiceId&, std::optional<std::uint32_t> count,
                         Duration expires_after) -> Outcome {
      held_ = count;
      held_for_ = expires_after;
      return Done{};
    };
    orders.pause = [this](const PauseSet& order) -> Outcome {
      if (disk_is_full_) return Error{"control.db: disk is full"};
      auto& paused = state_.services.at(order.service).paused;
      paused.reset();
      if (!order.paused) return Done{};
      paused = Pause{.direction = order.direction, .until = {}};
      if (order.expires_after > Duration{}) paused->until = kNow + order.expires_after;
      return Done{};
    };
    orders.drain = [this](const DrainSet& order) -> Outcome {
      state_.nodes.at(order.node).draining = order.draining;
      return Done{};
    };
    orders.is_enrolled = [](wire::Role, const std::string& name) { return name == "node-a"; };
    orders.remove = [this](wire::Role role, const std::string& name) -> Outcome {
      removed_.emplace_back(role, name);
      return Done{};
    };
    orders.ask_forecast = [this](const ServiceId&, Duration ahead) { asked_ahead_ = ahead; };
    orders.metrics = [] { return std::string("foretide_epoch 1\n"); };
    api_ = std::make_unique<AdminApi>(state_, *store_, std::move(orders));
  }
  ~AdminApiTest() override {
    api_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void fill_state() {
    state_.started = true;
    state_.started_at = kNow - std::chrono::seconds(60);
    state_.epoch = 7;
    ServiceSettings web;
    web.id = ServiceId{"web"};
    web.worker.argv = {"./server"};
    state_.settings.services = {web};
    ServiceRecord& service = state_.services[web.id];
    service.id = web.id;
    service.settings = web;
    service.desired = 2;
    service.decisions.push_back(a_decision());
    NodeRecord& node = state_.nodes[NodeId{"node-a"}];
    node.id = NodeId{"node-a"};
    node.session = "s";
    node.heard_at = kNow;
    node.merged = true;
    node.address = "10.0.0.7";
    WorkerRecord& worker = service.workers[WorkerId{"web-7-1"}];
    worker.id = WorkerId{"web-7-1"};
    worker.service = web.id;
    worker.node = node.id;
    worker.report = wire::WorkerReport{};
    worker.report->phase = wire::WorkerPhase::kReady;
    worker.address = {"10.0.0.7", 20000};
    worker.report->last_output = {"not \xff utf-8"};
    node.workers.insert(worker.id);
  }

  AdminResponse ask(const std::string& method, const std::string& target,
                    const std::string& body = "", const std::string& type = "application/json") {
    AdminRequest request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (const auto mark = target.find('?'); mark != std::string::npos) {
      const auto equals = target.find('=', mark);
      request.query[target.substr(mark + 1, equals - mark - 1)] = target.substr(equals + 1);
    }
    request.content_type = type;
    request.body = body;
    return api_->answer(request);
  }
  Json get(const std::string& target, int status = 200) {
    const AdminResponse response = ask("GET", target);
    EXPECT_EQ(response.status, status) << response.body;
    return Json::parse(response.body, nullptr, false);
  }

  std::string folder_, not_ready_, reload_problems_;
  bool disk_is_full_ = false;
  std::vector<std::pair<wire::Role, std::string>> removed_;
  std::unique_ptr<Store> store_;
  State state_;
  std::unique_ptr<AdminApi> api_;
  std::optional<std::uint32_t> held_;
  Duration held_for_{-1}, asked_ahead_{-1};
};

TEST_F(AdminApiTest, ShowsAServiceFieldForField) {
  const Json web = get("/v1/services/web");
  EXPECT_EQ(web["desired"], 2);
  EXPECT_EQ(web["ready"], 1);
  EXPECT_EQ(web["starting"], 0);
  EXPECT_EQ(web["draining"], 0);
  EXPECT_TRUE(web["demand"].is_null()) << "what is not known is not zero";
  EXPECT_TRUE(web["forecast"].is_null());
  EXPECT_TRUE(web["capacity_per_worker"].is_number());
  const Json last = Json::parse(
      R"({"at":"2023-11-14T22:13:20.123Z","from":1,"to":2,"rule":"panic","reason":"load 9.0 needs 2"})");
  EXPECT_EQ(web["last_decision"], last);
  ASSERT_EQ(web["workers"].size(), 1u);
  const Json& worker = web["workers"][0];
  EXPECT_EQ(worker["id"], "web-7-1");
  EXPECT_EQ(worker["node"], "node-a");
  EXPECT_EQ(worker["address"], "10.0.0.7:20000");
  EXPECT_EQ(worker["state"], "ready");
  EXPECT_EQ(worker["in_flight"], 0);
}

TEST_F(AdminApiTest, TellsItsSignalsAndWhatTheyStandAt) {
  EXPECT_EQ(get("/v1/services/web")["signals"], Json::array());
  ServiceRecord& web = state_.services.at(ServiceId{"web"});
  web.settings->scale.signals = {LatencyLimit{95.0, std::chrono::milliseconds(300)}, CpuLimit{0.8}};
  WorkerRecord& worker = web.workers.at(WorkerId{"web-7-1"});
  worker.report->phase_age_ms = 60'000;
  worker.usage.add(kNow, {.id = worker.id, .cpu_cores = 0.9});
  const Json signals = get("/v1/services/web")["signals"];
  EXPECT_EQ(signals, Json::parse(R"([
    {"name": "latency_p95", "value": null, "limit": 0.3, "state": "unknown",
     "text": "not known: 0 requests were answered in the last 30 s, it takes at least 20"},
    {"name": "cpu", "value": 0.9, "limit": 0.8, "state": "breached", "text": "90 % of 80 %"}])"));
  const std::string page = metrics_page({state_, kNow, {}, {}, {}, 5, 0, 0, true});
  EXPECT_THAT(page,
              HasSubstr("foretide_service_signal_ratio{service=\"web\",signal=\"cpu\"} 1.125"));
  EXPECT_THAT(page, testing::Not(HasSubstr("signal=\"latency_p95\""))) << "is not known";
}

// kWall is Tuesday, 2023-11-14 22:13:20.
TEST_F(AdminApiTest, TellsWhatTheScheduleWantsAndWhenItsNextWindowBegins) {
  EXPECT_TRUE(get("/v1/services/web")["schedule"].is_null());
  state_.services.at(ServiceId{"web"}).settings->scale.schedule = {
      {settings::parse_cron("0 22 * * *").value(), std::chrono::hours(1), {}, 4}};
  const Json schedule = get("/v1/services/web")["schedule"];
  EXPECT_EQ(schedule["workers"], 4);
  EXPECT_EQ(schedule["reason"],
            "the window of Tue 2023-11-14 22:00 is open until Tue 2023-11-14 23:00 UTC");
  EXPECT_EQ(schedule["next_begin"], "2023-11-15T22:00:00.000Z");
}

TEST_F(AdminApiTest, ShowsTheClusterAtAGlance) {
  for (int i = 0; i < 30; ++i)
    state_.notices.push_back(
        {kWall, "worker", ServiceId{"web"}, {}, {}, "notice " + std::to_string(i), {}});
  const Json status = get("/v1/status");
  EXPECT_EQ(status["cluster"], "foretide");
  EXPECT_EQ(status["epoch"], 7);
  EXPECT_EQ(status["uptime_s"], 60.0);
  EXPECT_EQ(status["services"][0]["name"], "web");
  EXPECT_EQ(status["nodes"][0]["name"], "node-a");
  EXPECT_EQ(status["nodes"][0]["state"], "live");
  EXPECT_TRUE(status["balancers"].empty());
  ASSERT_EQ(status["notices"].size(), 20u);
  EXPECT_EQ(status["notices"][19]["text"], "notice 29");
}

TEST_F(AdminApiTest, ListsNodesWorkersAndServices) {
  EXPECT_EQ(get("/v1/nodes")["nodes"].size(), 1u);
  EXPECT_EQ(get("/v1/workers")["workers"].size(), 1u);
  EXPECT_EQ(get("/v1/services")["services"].size(), 1u);
  EXPECT_TRUE(get("/v1/events")["notices"].is_array());
}

TEST_F(AdminApiTest, TellsDecisionsNewestFirstWithEveryOpinion) {
  Batch batch;
  for (int to = 2; to <= 4; ++to) {
    Decision decision = a_decision();
    decision.to = static_cast<std::uint32_t>(to);
    batch.decisions.push_back({decision.service, decision.at, json_for(decision).dump()});
  }
  ASSERT_TRUE(store_->commit(batch));
  const Json all = get("/v1/services/web/decisions");
  ASSERT_EQ(all["decisions"].size(), 3u);
  EXPECT_EQ(all["decisions"][0]["to"], 4);
  EXPECT_EQ(all["decisions"][0]["opinions"][1]["rule"], "min");
  EXPECT_EQ(get("/v1/services/web/decisions?limit=1")["decisions"].size(), 1u);
  EXPECT_THAT(get("/v1/services/web/decisions?limit=none", 400)["error"], HasSubstr("limit"));
  EXPECT_THAT(get("/v1/services/web/decisions?limit=0", 400)["error"], HasSubstr("limit"));
}

TEST_F(AdminApiTest, TellsTheDecisionsUntilATimeAndThoseAfterIt) {
  Batch batch;
  for (std::uint32_t to = 2; to <= 4; ++to) {
    Decision decision = a_decision();
    decision.to = to;
    decision.at = kWall + std::chrono::seconds(to);
    batch.decisions.push_back({decision.service, decision.at, json_for(decision).dump()});
  }
  ASSERT_TRUE(store_->commit(batch));
  const auto told = [this](const std::string& query) {
    std::vector<int> to;
    const Json answer = get("/v1/services/web/decisions?" + query);
    for (const Json& one : answer["decisions"]) to.push_back(one["to"]);
    return to;
  };
  const std::string third = iso_text(kWall + std::chrono::seconds(3));
  EXPECT_THAT(told("before=" + third), testing::ElementsAre(3, 2));
  EXPECT_THAT(told("after=" + third), testing::ElementsAre(4));
  EXPECT_THAT(told("after=2020-01-01T00:00:00Z"), testing::ElementsAre(2, 3, 4));
  EXPECT_THAT(told("before=2020-01-01T00:00:00Z"), testing::IsEmpty());
  EXPECT_THAT(get("/v1/services/web/decisions?before=noon", 400)["error"],
              HasSubstr("before must be a time such as 2026-11-28T14:05:30Z"));
}

TEST_F(AdminApiTest, AnswersUnknownPathsNamesAndMethodsInJson) {
  EXPECT_THAT(get("/nothing", 404)["error"], HasSubstr("/nothing"));
  EXPECT_THAT(get("/v1/services/none", 404)["error"], HasSubstr("none"));
  EXPECT_THAT(get("/v1/services/none/decisions", 404)["error"], HasSubstr("none"));
  EXPECT_EQ(ask("GET", "/v1/services/a/b").status, 404);
  EXPECT_EQ(ask("GET", "/v1/services/").status, 404);
  EXPECT_EQ(ask("DELETE", "/v1/status").status, 405);
  EXPECT_EQ(ask("GET", "/v1/reload").status, 405);
}

TEST_F(AdminApiTest, PausesAndResumesAService) {
  EXPECT_EQ(ask("POST", "/v1/services/web/pause").status, 200);
  EXPECT_EQ(get("/v1/services/web")["paused"], true);
  EXPECT_EQ(ask("POST", "/v1/services/web/resume").status, 200);
  EXPECT_EQ(get("/v1/services/web")["paused"], false);
  EXPECT_EQ(ask("POST", "/v1/services/none/pause").status, 404);
  disk_is_full_ = true;
  EXPECT_EQ(ask("POST", "/v1/services/web/pause").status, 503);
  EXPECT_EQ(get("/v1/services/web")["paused"], false) << "what is not stored is not done";
}

TEST_F(AdminApiTest, PausesInOneDirectionForATime) {
  EXPECT_EQ(get("/v1/services/web")["pause"], nullptr);
  const std::string path = "/v1/services/web/pause";
  const Json down = {{"direction", "down"}, {"expires_in_s", 7200.0}};
  EXPECT_EQ(ask("POST", path, R"({"direction": "down", "for": "2h"})").status, 200);
  EXPECT_EQ(get("/v1/services/web")["pause"], down);
  EXPECT_EQ(ask("POST", path, "{}").status, 200);
  EXPECT_EQ(get("/v1/services/web")["pause"]["direction"], "both");
  EXPECT_EQ(get("/v1/services/web")["pause"]["expires_in_s"], nullptr);
  const std::string form = "application/x-www-form-urlencoded";
  EXPECT_EQ(ask("POST", path, "direction=down&expires_after=2h", form).status, 200);
  EXPECT_EQ(get("/v1/services/web")["pause"], down);
}

TEST_F(AdminApiTest, SaysWhatIsWrongWithAPause) {
  const auto refusal = [&](const std::string& body) {
    const AdminResponse response = ask("POST", "/v1/services/web/pause", body);
    EXPECT_EQ(response.status, 400) << body;
    return Json::parse(response.body)["error"].get<std::string>();
  };
  EXPECT_THAT(refusal(R"({"direction": "up"})"), HasSubstr("\"both\""));
  EXPECT_THAT(refusal(R"({"for": "soon"})"), HasSubstr("\"for\" must be a length of time"));
  EXPECT_THAT(refusal(R"({"for": 7})"), HasSubstr("a number and its unit (ms, s, m, h or d"));
  EXPECT_THAT(refusal(R"({"until": "noon"})"), HasSubstr("'until' is not known here"));
  EXPECT_THAT(refusal("direction=down"), HasSubstr("no JSON object"));
  EXPECT_EQ(get("/v1/services/web")["paused"], false);
}

TEST_F(AdminApiTest, DrainsANodeAndEndsThat) {
  EXPECT_EQ(ask("POST", "/v1/nodes/node-a/drain").status, 200);
  EXPECT_EQ(get("/v1/nodes")["nodes"][0]["draining"], true);
  EXPECT_EQ(ask("POST", "/v1/nodes/node-a/drain", R"({"draining": false})").status, 200);
  EXPECT_EQ(get("/v1/nodes")["nodes"][0]["draining"], false);
  EXPECT_EQ(ask("POST", "/v1/nodes/none/drain").status, 404);
  for (const char* body : {"nonsense", R"({"draining": 1})", R"({"off": true})", "[]"})
    EXPECT_EQ(ask("POST", "/v1/nodes/node-a/drain", body).status, 400) << body;
}

TEST_F(AdminApiTest, RemovesWhatIsEnrolled) {
  EXPECT_EQ(ask("DELETE", "/v1/nodes/node-a").status, 200);
  EXPECT_EQ(ask("DELETE", "/v1/nodes/none").status, 404);
  EXPECT_EQ(ask("DELETE", "/v1/balancers/edge").status, 404);
  ASSERT_EQ(removed_.size(), 1u);
  EXPECT_EQ(removed_.front(), std::pair(wire::Role::kAgent, std::string("node-a")));
}

TEST_F(AdminApiTest, RefusesACountThatTheClusterFileDoesNotAllow) {
  const AdminResponse response = ask("POST", "/v1/services/web/scale", R"({"count": 11})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("web may have 1 to 10 workers"));
  EXPECT_EQ(ask("POST", "/v1/services/web/scale", R"({"count": 0})").status, 400);
  EXPECT_EQ(held_, std::nullopt);
}

TEST_F(AdminApiTest, HoldsACountForATime) {
  const AdminResponse response =
      ask("POST", "/v1/services/web/scale", R"({"count": 3, "for": "10m"})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(held_, 3u);
  EXPECT_EQ(held_for_, std::chrono::minutes(10));
  EXPECT_EQ(ask("POST", "/v1/services/web/scale", R"({"count": null})").status, 200);
  EXPECT_EQ(held_, std::nullopt);
  EXPECT_EQ(held_for_, Duration{});
}

TEST_F(AdminApiTest, RefusesACountThatIsNone) {
  for (const char* body :
       {"", "3", "[]", "{}", R"({"count": -1})", R"({"count": 1.5})", R"({"count": "3"})",
        R"({"count": 10001})", R"({"count": 3, "for": 10})", R"({"count": 3, "for": "soon"})",
        R"({"count": 3, "for": "0s"})", R"({"count": 3, "until": "10m"})", R"({"count": 3)"}) {
    const AdminResponse response = ask("POST", "/v1/services/web/scale", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(response.body, HasSubstr("\"error\""));
  }
  EXPECT_EQ(held_for_, Duration{-1}) << "nothing was held";
  EXPECT_EQ(ask("POST", "/v1/services/none/scale", R"({"count": 3})").status, 404);
}

TEST_F(AdminApiTest, AsksTheTextbookQuestionOfTheOnlyService) {
  const std::string form = "application/x-www-form-urlencoded";
  const AdminResponse response = ask("POST", "/scale", "scale=30", form);
  EXPECT_EQ(response.status, 503) << "no demand is known yet";
  EXPECT_EQ(asked_ahead_, std::chrono::seconds(30)) << "it takes effect all the same";
  EXPECT_EQ(ask("POST", "/scale", "", form).status, 400);
  EXPECT_EQ(ask("POST", "/scale", "scale=soon", form).status, 400);
  EXPECT_EQ(ask("POST", "/scale", "scale=-1", form).status, 400);
  EXPECT_EQ(ask("POST", "/scale", "scale=nan", form).status, 400);
  EXPECT_EQ(ask("POST", "/scale", "scale=5&service=none", form).status, 404);
  ServiceSettings second;
  second.id = ServiceId{"api"};
  state_.settings.services.push_back(second);
  EXPECT_THAT(ask("POST", "/scale", "scale=5", form).body, HasSubstr("service=NAME"));
}

TEST_F(AdminApiTest, TellsWhatIsWrongWithAReloadInFull) {
  EXPECT_EQ(ask("POST", "/v1/reload").status, 200);
  reload_problems_ = "c.yaml:1:1: one\nc.yaml:2:2: two";
  const AdminResponse response = ask("POST", "/v1/reload");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(Json::parse(response.body)["error"], reload_problems_);
}

TEST_F(AdminApiTest, ForetellsWhatAClusterFileWouldChangeAndChangesNothing) {
  const auto plan = [this](const std::string& service) {
    return Json::parse(
        ask("POST", "/v1/plan", "version: 1\nservices: {web: {" + service + "}}\n").body);
  };
  EXPECT_EQ(plan("command: ./server")["changed"], false);
  const Json changed = plan("command: ./server, scale: {min: 4}");
  EXPECT_EQ(changed["changed"], true);
  EXPECT_EQ(changed["restart"], false);
  const Json& web = changed["services"][0];
  EXPECT_EQ(web["service"], "web");
  EXPECT_EQ(web["what"], "changed");
  EXPECT_EQ(web["changes"],
            Json::parse(R"([{"key": "scale.min", "from": "1", "to": "4", "secret": false,
                             "item": false, "effect": "live", "means": "at once"}])"));
  EXPECT_EQ(web["workers"]["now"], 2);
  EXPECT_EQ(web["workers"]["then"], 4);
  EXPECT_EQ(state_.settings.services[0].scale.min, 1u);
  EXPECT_EQ(state_.services.at(ServiceId{"web"}).desired, 2u);
}

TEST_F(AdminApiTest, TellsWhatIsWrongWithAFileToBePlanned) {
  const AdminResponse refused =
      ask("POST", "/v1/plan", "version: 1\nservices: {web: {comand: a}}\nfoo: 1\n");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("cluster.yaml:2:18: "));
  EXPECT_THAT(refused.body, HasSubstr("cluster.yaml:3:1: "));
  EXPECT_EQ(ask("POST", "/v1/plan").status, 400);
  EXPECT_EQ(ask("GET", "/v1/plan").status, 405);
}

TEST_F(AdminApiTest, MakesTokensForAgentsAndBalancers) {
  const AdminResponse made = ask("POST", "/v1/tokens", R"({"role": "balancer"})");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(Json::parse(made.body),
            Json::parse(R"({"token":"ft1.b.x.y","control":"10.0.0.1:7401","expires_in_s":3600})"));
  EXPECT_EQ(ask("POST", "/v1/tokens", R"({"role": "king"})").status, 400);
  EXPECT_EQ(ask("POST", "/v1/tokens", R"({"role": "agent", "name": 3})").status, 400);
  EXPECT_EQ(ask("POST", "/v1/tokens", R"({"role": "agent", "name": "bad name"})").status, 400);
  EXPECT_EQ(ask("POST", "/v1/tokens", "nonsense").status, 400);
  disk_is_full_ = true;
  EXPECT_EQ(ask("POST", "/v1/tokens", R"({"role": "agent"})").status, 503);
}

TEST_F(AdminApiTest, IsReadyOnlyWhenItMayBeReliedOn) {
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  EXPECT_EQ(ask("HEAD", "/readyz").status, 200);
  not_ready_ = "control.db: disk is full";
  EXPECT_EQ(ask("GET", "/readyz").status, 503);
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
}

TEST_F(AdminApiTest, TellsOfAServiceWhatCameOfTheDecisionsAboutIt) {
  ServiceRecord& service = state_.services.at(ServiceId{"web"});
  const Json unknown = get("/v1/services/web");
  EXPECT_TRUE(unknown["feedback"]["coverage"].is_null());
  EXPECT_TRUE(unknown["feedback"]["start_seconds"]["p50"].is_null());
  EXPECT_EQ(unknown["feedback"]["start_seconds"]["count"], 0);
  EXPECT_TRUE(unknown["waited_by_cause"].is_null()) << "no balancer has counted";
  service.traffic[BalancerId{"edge"}] = {};
  service.feedback.supply.count(kNow, 8000, 1);
  service.feedback.waits.add(Cause::kForecast, 1);
  service.start_times.add(std::chrono::milliseconds(1500));
  const Json known = get("/v1/services/web");
  EXPECT_DOUBLE_EQ(known["feedback"]["unserved_share_hour"], 0.000125);
  EXPECT_DOUBLE_EQ(known["feedback"]["start_seconds"]["p99"], 1.5);
  EXPECT_EQ(known["waited_by_cause"]["forecast"], 1);
  EXPECT_EQ(known["waited_by_cause"]["woken"], 0);
  // Every field is described.
  const Json schemas = get("/openapi.json")["components"]["schemas"];
  for (const auto& [name, value] : known["feedback"].items()) {
    EXPECT_TRUE(schemas["Feedback"]["properties"].contains(name)) << name;
  }
  const Json& causes = schemas["Service"]["properties"]["waited_by_cause"]["properties"];
  for (const auto& [name, value] : known["waited_by_cause"].items()) {
    EXPECT_TRUE(causes.contains(name)) << name;
  }
}

TEST_F(AdminApiTest, DescribesEveryCallItAnswers) {
  const Json document = get("/openapi.json");
  EXPECT_EQ(document["openapi"], "3.1.0");
  for (const char* path :
       {"/healthz", "/metrics", "/v1/status", "/v1/services/{name}", "/v1/events", "/scale"})
    EXPECT_TRUE(document["paths"].contains(path)) << path;
  const Json& scale = document["paths"]["/v1/services/{name}/scale"]["post"];
  EXPECT_EQ(scale["requestBody"]["content"]["application/json"]["example"]["count"], 3);
  EXPECT_EQ(scale["parameters"][0]["name"], "name");
  EXPECT_TRUE(document["paths"]["/healthz"]["get"]["security"].empty());
}

TEST(MetricsPage, HasEveryFamilyOnceAndNoSampleForWhatIsNotKnown) {
  State state;
  state.started = true;
  state.epoch = 3;
  ServiceRecord& service = state.services[ServiceId{"w\"eb"}];
  service.id = ServiceId{"w\"eb"};
  service.settings.emplace();
  HistogramCounts times;
  times.add(std::chrono::microseconds(30));
  times.add(std::chrono::seconds(2));
  const std::string page = metrics_page({state, kNow, {}, {}, times, 5, 0, 0, true});
  EXPECT_THAT(page, HasSubstr("\nforetide_decisions_total 5\n"));
  EXPECT_THAT(page, HasSubstr("foretide_service_desired_workers{service=\"w\\\"eb\"} 0"));
  EXPECT_THAT(page, testing::Not(HasSubstr("foretide_service_demand_requests{")));
  EXPECT_THAT(page, HasSubstr("foretide_step_seconds_count 2"));
  std::set<std::string> families;
  for (std::size_t at = page.find("# TYPE "); at != std::string::npos;
       at = page.find("# TYPE ", at + 1)) {
    const std::string name = page.substr(at + 7, page.find(' ', at + 7) - at - 7);
    EXPECT_TRUE(families.insert(name).second) << name;
  }
}

TEST(MetricsPage, TellsWhatCameOfTheDecisions) {
  State state;
  state.started = true;
  ServiceRecord& service = state.services[ServiceId{"web"}];
  service.id = ServiceId{"web"};
  service.settings.emplace();
  service.traffic[BalancerId{"edge"}] = {};
  service.feedback.waits.add(Cause::kNoHost, 12);
  service.feedback.supply.count(kNow, 200, 12);
  service.start_times.add(std::chrono::seconds(3));
  service.feedback.count_start(std::chrono::seconds(3));
  const HistogramCounts times;
  const std::string page = metrics_page({state, kNow, {}, {}, times, 5, 0, 0, true});
  EXPECT_THAT(page, HasSubstr("foretide_service_waited_requests_total{cause=\"no_host\","
                              "service=\"web\"} 12\n"));
  EXPECT_THAT(page, HasSubstr("foretide_service_unserved_ratio{service=\"web\","
                              "window=\"day\"} 0.06\n"));
  EXPECT_THAT(page, HasSubstr("foretide_service_prediction_state{service=\"web\","
                              "state=\"learning\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("foretide_service_start_seconds{service=\"web\","
                              "quantile=\"0.9\"} 3\n"));
  EXPECT_THAT(page, testing::Not(HasSubstr("foretide_service_forecast_error_ratio")));
  EXPECT_THAT(page, testing::Not(HasSubstr("foretide_service_idle_ratio")));
}

TEST(IsoText, IsUtcWithMilliseconds) {
  EXPECT_EQ(iso_text(WallTime{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_text(kWall), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(iso_text(WallTime(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace foretide::coordinator
