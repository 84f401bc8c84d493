// Reports with numbers that cannot be true: refused at the door, counted, told, and never heard of
// by any forecast.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>

#include "common/wire/codec.hpp"
#include "coordinator/core/plausible.hpp"
#include "coordinator/io/metrics_page.hpp"
#include "coordinator/io/peer_inbox.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();
const ServiceId kWeb{"web"};

wire::NodeSample an_honest_sample() {
  wire::NodeSample sample;
  sample.host = {.cpu_usage = 0.9,
                 .load_1m = 500.0,
                 .memory_bytes = 24ULL << 40,
                 .memory_available_bytes = 1ULL << 40,
                 .net_received_bytes = 1ULL << 55,
                 .cpu_pressure = 1.0};
  sample.workers = {{.id = {"web-1-1"}, .cpu_cores = 900.0, .resident_bytes = 20ULL << 40}};
  return sample;
}

// A busy balancer: a million requests a second, half of them in service.
wire::TrafficReport a_report(double seconds) {
  const auto requests = static_cast<std::uint64_t>(1e6 * seconds);
  wire::ServiceTraffic counts{.service = kWeb};
  counts.arrivals_total = requests;
  counts.completed_total = requests;
  counts.busy_seconds_total = 5e5 * seconds;
  counts.in_flight = 500'000;
  return {static_cast<std::uint64_t>(1000.0 * seconds), {counts}};
}

TEST(Plausible, IsWhateverALargeHostMeasures) {
  EXPECT_THAT(absurdity_in(an_honest_sample()), IsEmpty());
  EXPECT_THAT(absurdity_in(wire::NodeSample{}), IsEmpty());
}

TEST(Plausible, IsNoHostBeyondAllHosts) {
  wire::NodeSample sample = an_honest_sample();
  sample.workers[0].cpu_cores = 100'001.0;
  EXPECT_EQ(absurdity_in(sample),
            "workers[web-1-1].cpu_cores is 100001, which is not between 0 and 100000");
  sample = an_honest_sample();
  sample.workers[0].resident_bytes = (1ULL << 50) + 1024;
  EXPECT_THAT(absurdity_in(sample), HasSubstr("resident_bytes"));
  sample = an_honest_sample();
  sample.host.memory_available_bytes = 1ULL << 63;
  EXPECT_THAT(absurdity_in(sample), HasSubstr("host.memory_available_bytes"));
  sample = an_honest_sample();
  sample.host.cpu_usage = 90.0;
  EXPECT_THAT(absurdity_in(sample), HasSubstr("host.cpu_usage"));
  for (const double wrong : {kNan, kInfinite, -kInfinite, 2e18, -2e18}) {
    sample = an_honest_sample();
    sample.workers[0].metrics["m"] = wrong;
    EXPECT_THAT(absurdity_in(sample), HasSubstr("workers[web-1-1].metrics[m] is")) << wrong;
  }
  sample = an_honest_sample();
  sample.workers[0].metrics = {{"m", -1e18}, {"n", 1e18}};
  EXPECT_THAT(absurdity_in(sample), IsEmpty()) << "a gauge may be below zero";
  for (const double wrong : {kNan, kInfinite, -kInfinite, -1e-3}) {
    sample = an_honest_sample();
    sample.host.load_1m = wrong;
    EXPECT_THAT(absurdity_in(sample), HasSubstr("host.load_1m")) << wrong;
  }
}

TEST(Plausible, IsAHelloOfAHostThatThereMayBe) {
  wire::Hello hello{.cpus = 1024.0, .memory_bytes = 64ULL << 40};
  EXPECT_THAT(absurdity_in(hello), IsEmpty());
  EXPECT_THAT(absurdity_in(wire::Hello{}), IsEmpty()) << "a balancer's says neither";
  hello.cpus = 1e6;
  EXPECT_EQ(absurdity_in(hello), "cpus is 1e+06, which is not between 0 and 100000");
  hello.cpus = kNan;
  EXPECT_THAT(absurdity_in(hello), HasSubstr("cpus is nan"));
  hello = {.cpus = 4.0, .memory_bytes = 1ULL << 63};
  EXPECT_THAT(absurdity_in(hello), HasSubstr("memory_bytes"));
}

TEST(TrafficCheck, LetsTheBusiestBalancerPass) {
  TrafficCheck check;
  for (int i = 1; i < 20; ++i) EXPECT_THAT(check.absurdity_in(a_report(0.5 * i)), IsEmpty());
}

// Ten requests of an hour, and none that comes or ends; then all of them end.
TEST(TrafficCheck, LetsLongRequestsPass) {
  TrafficCheck check;
  wire::TrafficReport report;
  report.services = {{.service = kWeb}};
  wire::ServiceTraffic& counts = report.services[0];
  counts.arrivals_total = counts.in_flight = 10;
  for (int second = 0; second < 3600; ++second) {
    report.at_ms = static_cast<std::uint64_t>(1000 * second);
    counts.busy_seconds_total = 10.0 * second;
    ASSERT_THAT(check.absurdity_in(report), IsEmpty()) << second;
  }
  report.at_ms += 1000;
  counts.in_flight = 0;
  counts.completed_total = 10;
  EXPECT_THAT(check.absurdity_in(report), IsEmpty());
}

// Ten requests were there to serve and two seconds to do it in.
TEST(TrafficCheck, RefusesMoreServiceThanThereWasTimeFor) {
  TrafficCheck check;
  wire::TrafficReport report;
  report.services = {{.service = kWeb, .in_flight = 10}};
  ASSERT_THAT(check.absurdity_in(report), IsEmpty());
  report.at_ms = 2000;
  report.services[0].busy_seconds_total = 1000.0;
  EXPECT_THAT(check.absurdity_in(report),
              HasSubstr("the growth of services[web].busy_seconds_total is 1000"));
  report.at_ms = 2500;
  report.services[0].busy_seconds_total = 1005.0;
  EXPECT_THAT(check.absurdity_in(report), HasSubstr("is 1005")) << "it left no mark";
  report.services[0].busy_seconds_total = 25.0;
  EXPECT_THAT(check.absurdity_in(report), IsEmpty());
}

TEST(TrafficCheck, RefusesCountersThatLeap) {
  for (auto counter :
       {&wire::ServiceTraffic::arrivals_total, &wire::ServiceTraffic::completed_total}) {
    TrafficCheck check;
    wire::TrafficReport report = a_report(1.0);
    ASSERT_THAT(check.absurdity_in(report), IsEmpty());
    report.at_ms += 500;
    report.services[0].*counter += 1ULL << 50;
    EXPECT_THAT(check.absurdity_in(report), HasSubstr("the growth of services[web]"));
  }
}

TEST(TrafficCheck, TakesACounterThatRunsBackwardsForNoFault) {
  TrafficCheck check;
  ASSERT_THAT(check.absurdity_in(a_report(5.0)), IsEmpty());
  wire::TrafficReport back = a_report(1.0);
  back.at_ms = 6000;
  EXPECT_THAT(check.absurdity_in(back), IsEmpty());
}

// ---- at the door, with real messages ----

const std::string kAgentKey(40, 'a'), kBalancerKey(40, 'b');

class ReportRefusal : public testing::Test {
 protected:
  ReportRefusal() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "foretide-door-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = std::move(*Store::open(folder_ + "/control.db"));
    enrolment_ = std::make_unique<Enrolment>(std::move(*Enrolment::load(*store_)));
    enrol("node-a", wire::Role::kAgent, kAgentKey);
    enrol("edge", wire::Role::kBalancer, kBalancerKey);
  }
  ~ReportRefusal() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void enrol(const std::string& name, wire::Role role, const std::string& key) {
    const std::string token(40, key[0] == 'a' ? 't' : 'u');
    const WallTime wall(1'000'000s);
    EXPECT_TRUE(enrolment_->issue(token, role, name, wall));
    enrolment_->enrol(token, {role, name, key}, wall);
  }
  Meaning hear(const std::string& key, wire::Body body, Instant at = Instant(0s),
               const std::string& session = "b1") {
    wire::Message message;
    message.envelope.session = session;
    message.body = std::move(body);
    return inbox_.hear(*enrolment_, {key, Lane::kTelemetry, wire::encode(message), "", 7}, at);
  }
  static std::string dropped(const Meaning& meaning) {
    const auto* drop = std::get_if<Dropped>(&meaning);
    EXPECT_NE(drop, nullptr) << "it was taken";
    return drop ? drop->reason : "";
  }
  static bool is_taken(const Meaning& meaning) {
    return std::holds_alternative<Happening>(meaning);
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Enrolment> enrolment_;
  PeerInbox inbox_;
};

TEST_F(ReportRefusal, TellsWhichFieldOfWhom) {
  wire::TrafficReport report = a_report(1.0);
  report.services[0].busy_seconds_total = kNan;
  EXPECT_THAT(dropped(hear(kBalancerKey, report)),
              testing::AllOf(HasSubstr("edge sent a report"), HasSubstr("TrafficReport"),
                             HasSubstr("[0].b: is not finite")));
  wire::NodeSample sample = an_honest_sample();
  sample.workers[0].cpu_cores = 2e5;
  EXPECT_THAT(
      dropped(hear(kAgentKey, sample)),
      testing::AllOf(HasSubstr("node-a sent a report"), HasSubstr("workers[web-1-1].cpu_cores")));
}

TEST_F(ReportRefusal, CountsEachByRoleAndReason) {
  wire::NodeSample sample = an_honest_sample();
  for (const double wrong : {kNan, kInfinite, -kInfinite, -1.0, 1e300}) {
    sample.host.load_1m = wrong;
    dropped(hear(kAgentKey, sample));
  }
  wire::TrafficReport report = a_report(1.0);
  report.services[0].held_seconds_total = -0.5;
  dropped(hear(kBalancerKey, report));
  EXPECT_EQ(inbox_.counts().of_agents.not_finite, 3u);
  EXPECT_EQ(inbox_.counts().of_agents.negative, 1u);
  EXPECT_EQ(inbox_.counts().of_agents.absurd, 1u);
  EXPECT_EQ(inbox_.counts().of_balancers.negative, 1u);
  EXPECT_EQ(inbox_.counts().undecodable, 0u);
  const std::string page = metrics_page({State{}, Instant(1s), {}, inbox_.counts(), {}, 0, 0, 0});
  EXPECT_THAT(
      page, HasSubstr("foretide_reports_refused_total{reason=\"not_finite\",role=\"agent\"} 3\n"));
  EXPECT_THAT(
      page, HasSubstr("foretide_reports_refused_total{reason=\"negative\",role=\"balancer\"} 1\n"));
}

// A host that says it has a million cores would be given every worker.
TEST_F(ReportRefusal, TakesNoHostInThatCannotBe) {
  wire::Hello hello{.role = wire::Role::kAgent, .cpus = 1e6, .memory_bytes = 8ULL << 30};
  EXPECT_THAT(dropped(hear(kAgentKey, hello)),
              testing::AllOf(HasSubstr("node-a"), HasSubstr("Hello.cpus is 1e+06")));
  hello.cpus = -1.0;
  dropped(hear(kAgentKey, hello));
  EXPECT_EQ(inbox_.counts().of_agents.absurd, 1u);
  EXPECT_EQ(inbox_.counts().of_agents.negative, 1u);
  EXPECT_EQ(inbox_.counts().undecodable, 0u) << "it is no strike";
  hello.cpus = 4.0;
  EXPECT_TRUE(is_taken(hear(kAgentKey, hello)));
}

TEST_F(ReportRefusal, IsToldOnceAMinuteForEachPeer) {
  wire::NodeSample sample = an_honest_sample();
  sample.host.load_1m = kNan;
  wire::TrafficReport report = a_report(1.0);
  report.services[0].in_flight = 4'000'000'000;
  EXPECT_THAT(dropped(hear(kAgentKey, sample, Instant(0s))), testing::Not(IsEmpty()));
  EXPECT_THAT(dropped(hear(kBalancerKey, report, Instant(1s))), testing::Not(IsEmpty()));
  for (int second = 1; second < 60; ++second) {
    EXPECT_THAT(dropped(hear(kAgentKey, sample, Instant(second * 1s))), IsEmpty());
  }
  EXPECT_THAT(dropped(hear(kAgentKey, sample, Instant(60s))), testing::Not(IsEmpty()));
}

// An agent whose gauges are broken still has workers to speak of.
TEST_F(ReportRefusal, DoesNotSilenceThePeer) {
  wire::NodeSample sample = an_honest_sample();
  sample.host.load_1m = kNan;
  for (int i = 0; i < 50; ++i) dropped(hear(kAgentKey, sample));
  EXPECT_TRUE(is_taken(hear(kAgentKey, wire::NodeReport{})));
  EXPECT_TRUE(is_taken(hear(kAgentKey, an_honest_sample())));
}

TEST_F(ReportRefusal, LeavesTheNextReportAsWelcomeAsBefore) {
  EXPECT_TRUE(is_taken(hear(kBalancerKey, a_report(1.0))));
  wire::TrafficReport absurd = a_report(1.5);
  absurd.services[0].busy_seconds_total = 1e12;
  absurd.at_ms = 1'000'000;
  dropped(hear(kBalancerKey, absurd));
  EXPECT_TRUE(is_taken(hear(kBalancerKey, a_report(2.0)))) << "nor is it taken for an older one";
}

// Any bits at all, or a number of any size.
double any_number(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return std::bit_cast<double>(random());
    case 1:
      return std::ldexp(1.0, static_cast<int>(random() % 80) - 10);
    case 2:
      return static_cast<double>(random() % 100);
    default:
      return std::array{kNan, kInfinite, -kInfinite, -1.0, 0.0, 1e300}[random() % 6];
  }
}

std::uint64_t any_count(std::mt19937_64& random) {
  return random() >> (random() % 64);
}

// What balancers say at random, one report in eight an honest one so that something gets through.
TEST_F(ReportRefusal, KeepsEveryLoadAndForecastANumberWhateverIsSaid) {
  std::mt19937_64 random(20261128);
  World world;
  settle(world, service_named("web"));
  world.balancers[{"edge"}].silent = true;
  int taken = 0;
  for (int i = 0; i < 4000; ++i) {
    world.now += std::chrono::milliseconds(random() % 500);
    const std::string session = world.balancers[{"edge"}].session;
    const double seconds = seconds_in(world.now.time_since_epoch());
    wire::TrafficReport report = a_report(seconds);
    wire::ServiceTraffic& counts = report.services[0];
    if (i % 8 != 0) {
      if (random() % 2) counts.busy_seconds_total = any_number(random);
      if (random() % 2) counts.held_seconds_total = any_number(random);
      if (random() % 2) counts.arrivals_total = any_count(random);
      if (random() % 2) counts.completed_total = any_count(random);
      if (random() % 2) counts.in_flight = static_cast<std::uint32_t>(any_count(random));
      if (random() % 2) counts.endpoints = {{{"web-1-1"}, 1, 1, 1, any_number(random)}};
    }
    Meaning meaning = hear(kBalancerKey, report, world.now, session);
    if (auto* happening = std::get_if<Happening>(&meaning)) {
      world.happens(std::get<TrafficReported>(std::move(*happening)));
      ++taken;
    }
    if (i % 4 == 0) world.happens(Tick{});
  }
  EXPECT_GT(taken, 100);
  const ServiceRecord& service = world.record("web");
  int known = 0;
  for (std::int64_t at = service.series.first(); at < service.series.end(); ++at) {
    const auto load = service.series.load(at);
    if (!load) continue;
    ++known;
    ASSERT_TRUE(std::isfinite(*load) && *load >= 0.0) << *load << " at " << at;
  }
  EXPECT_GT(known, 10);
  const ServiceView view = world.view("web");
  EXPECT_TRUE(std::isfinite(view.forecast.value_or(0.0)));
  EXPECT_TRUE(std::isfinite(view.service_time_seconds.value_or(0.0)));
  EXPECT_LE(view.desired, 10u);
}

}  // namespace
}  // namespace foretide::coordinator::story
