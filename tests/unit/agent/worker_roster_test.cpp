#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "agent/core/backoff.hpp"
#include "common/wire/codec.hpp"
#include "common/wire/limits.hpp"
#include "tests/unit/agent/roster_node.hpp"

namespace foretide::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using wire::WorkerOrder;
using wire::WorkerPhase;

TEST(WorkerRoster, RunsWhatTheSetSaysAndWritesItsIntentFirst) {
  Node node;
  EXPECT_THAT(node.set(1, {Node::run("a"), Node::run("b")}),
              ElementsAre("remember a", "spawn a:20000", "remember b", "spawn b:20001", "report"));
  EXPECT_THAT(node.spawned(), ElementsAre("remember a", "probe a"));
  node.now += milliseconds(120);
  EXPECT_THAT(node.ready(), ElementsAre("remember a", "report"));
  EXPECT_EQ(node.report().phase, WorkerPhase::kReady);
  EXPECT_EQ(node.report().start_ms, 120U);
  EXPECT_EQ(node.report().address.port, 20000);
  EXPECT_EQ(node.report("b").phase, WorkerPhase::kStarting);
}

TEST(WorkerRoster, AnOlderSetChangesNothingAndTheSameOneIsOnlyAcknowledged) {
  Node node;
  node.set(5, {Node::run("a")});
  EXPECT_THAT(node.set(4, {Node::stop("a"), Node::run("b")}), IsEmpty());
  EXPECT_THAT(node.set(5, {Node::stop("a")}), ElementsAre("report"));
  EXPECT_EQ(node.roster.applied(), (Stamp{1, 5}));
  EXPECT_EQ(node.report().phase, WorkerPhase::kStarting);
}

TEST(WorkerRoster, KeepsAndReportsWhatTheSetDoesNotMention) {
  Node node;
  node.serve();
  EXPECT_THAT(node.set(2, {}), ElementsAre("report"));
  EXPECT_EQ(node.report().phase, WorkerPhase::kReady);
  EXPECT_THAT(node.roster.report(node.now).missing, ElementsAre(WorkerId{"a"}));
  node.set(3, {Node::run("a")});
  EXPECT_THAT(node.roster.report(node.now).missing, IsEmpty());
}

TEST(WorkerRoster, KeepsRestartingWhatTheSetDoesNotMentionSinceAbsenceIsNoOrder) {
  Node node;
  node.serve();
  node.set(2, {});
  node.ends();
  node.after(Duration::zero());
  EXPECT_THAT(node.after(milliseconds(1250)), ElementsAre("remember a", "spawn a:20000", "report"));
}

TEST(WorkerRoster, StopsBySignalThenGraceThenKillAndForgetsOnceTheEntryIsGone) {
  Node node;
  node.serve();
  EXPECT_THAT(node.set(2, {Node::stop("a")}), ElementsAre("remember a", "signal a 15", "report"));
  EXPECT_THAT(node.after(milliseconds(9'999)), IsEmpty());
  EXPECT_THAT(node.after(milliseconds(1)), ElementsAre("remember a", "kill a"));
  EXPECT_EQ(node.report().phase, WorkerPhase::kStopping);
  EXPECT_THAT(node.after(seconds(5)), ElementsAre("kill a"));  // again, in case it had no effect
  EXPECT_THAT(node.tell(Ended{{"a"}, {std::nullopt, SIGKILL}, {}}),
              ElementsAre("remember a", "kill a", "report"));
  EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
  EXPECT_THAT(node.set(3, {Node::stop("a")}), ElementsAre("report"));
  EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
  EXPECT_THAT(node.set(4, {}), ElementsAre("forget a", "report"));
  EXPECT_TRUE(node.roster.workers().empty());
  EXPECT_THAT(node.roster.free_ports_oldest_first(), ElementsAre(20000));
}

TEST(WorkerRoster, WaitsForQuietBeforeTheSignalWhenAskedTo) {
  Node node;
  node.serve();
  EXPECT_THAT(node.set(2, {Node::stop("a", true)}),
              ElementsAre("remember a", "watch-quiet a", "report"));
  EXPECT_THAT(node.after(seconds(29)), IsEmpty());
  EXPECT_THAT(node.tell(PortIsQuiet{{"a"}}), ElementsAre("remember a", "signal a 15"));
  EXPECT_THAT(node.tell(PortIsQuiet{{"a"}}), IsEmpty());
}

TEST(WorkerRoster, WaitsForQuietNoLongerThanTheDrain) {
  Node node;
  node.serve();
  node.set(2, {Node::stop("a", true)});
  EXPECT_THAT(node.after(seconds(30)), ElementsAre("remember a", "signal a 15"));
}

TEST(WorkerRoster, NoLongerWaitsForQuietWhenALaterSetSaysSo) {
  Node node;
  node.serve();
  node.set(2, {Node::stop("a", true)});
  EXPECT_THAT(node.set(3, {Node::stop("a")}), ElementsAre("remember a", "signal a 15", "report"));
}

TEST(WorkerRoster, AStopIsNotTakenBack) {
  Node node;
  node.serve();
  node.set(2, {Node::stop("a")});
  EXPECT_THAT(node.set(3, {Node::run("a")}), ElementsAre("report"));
  EXPECT_EQ(node.report().phase, WorkerPhase::kStopping);
  EXPECT_THAT(node.report().reason, testing::HasSubstr("not taken back"));
  node.ends("a", 0);
  EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
}

TEST(WorkerRoster, ObeysAStopInEveryPhase) {
  {
    Node node;  // asked to start, not answered yet
    node.set(1, {Node::run("a")});
    EXPECT_THAT(node.set(2, {Node::stop("a")}), ElementsAre("remember a", "report"));
    EXPECT_THAT(node.spawned(), ElementsAre("remember a", "signal a 15", "report"));
    node.ends();
    EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
  }
  {
    Node node;  // likewise, and the start fails
    node.set(1, {Node::run("a")});
    node.set(2, {Node::stop("a")});
    node.tell(SpawnFailed{{"a"}, "no memory", false});
    EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
  }
  {
    Node node;  // likewise, and its port is taken
    node.set(1, {Node::run("a")});
    node.set(2, {Node::stop("a")});
    EXPECT_THAT(node.tell(PortTaken{{"a"}}), ElementsAre("remember a", "report"));
    EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
  }
  {
    Node node;  // probing
    node.set(1, {Node::run("a")});
    node.spawned();
    EXPECT_THAT(node.set(2, {Node::stop("a")}),
                ElementsAre("remember a", "stop-probe a", "signal a 15", "report"));
  }
  {
    Node node;  // failing: already killed
    node.set(1, {Node::run("a")});
    node.spawned();
    node.tell(ProbeFailed{{"a"}, "not ready within 60 s"});
    EXPECT_THAT(node.set(2, {Node::stop("a")}), ElementsAre("remember a", "report"));
    node.ends();
    EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
  }
  {
    Node node;  // backing off: there is nothing to signal
    node.serve();
    node.ends();
    EXPECT_THAT(node.set(2, {Node::stop("a")}), ElementsAre("remember a", "report"));
    EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
    EXPECT_THAT(node.after(minutes(5)), IsEmpty());
  }
  {
    Node node;  // refused
    node.set(1, {Node::run("a")});
    node.tell(SpawnFailed{{"a"}, "command not found", true});
    node.set(2, {Node::stop("a")});
    EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
  }
}

TEST(WorkerRoster, AdoptsARunningWorkerAsItWas) {
  Node before;
  before.serve();
  Node node;
  node.now = before.now;
  EXPECT_THAT(node.tell(Adopted{before.life()}), IsEmpty());
  EXPECT_EQ(node.report().phase, WorkerPhase::kReady);
  EXPECT_THAT(node.roster.report(node.now).missing, IsEmpty());  // no set came yet
  EXPECT_THAT(node.set(1, {Node::run("a"), Node::run("b")}),
              ElementsAre("remember b", "spawn b:20001", "report"));
}

TEST(WorkerRoster, TakesUpWhatWasGoingOnWhenTheFormerAgentEnded) {
  Node before;
  before.set(1, {Node::run("a")});
  {
    Node node;  // its record was written, its process never started
    node.tell(Adopted{before.life()});
    EXPECT_EQ(node.report().phase, WorkerPhase::kBackingOff);
  }
  before.spawned();
  {
    Node node;
    EXPECT_THAT(node.tell(Adopted{before.life()}), ElementsAre("probe a"));
  }
  before.ready();
  {
    Node node;  // it ended while nobody looked
    node.tell(Adopted{before.life()});
    node.tell(Ended{{"a"}, {}, {}});
    EXPECT_EQ(node.report().phase, WorkerPhase::kBackingOff);
    EXPECT_THAT(node.report().reason, testing::HasSubstr("exit code is unknown"));
  }
  before.set(2, {Node::stop("a", true)});
  {
    Node node;
    EXPECT_THAT(node.tell(Adopted{before.life()}), ElementsAre("watch-quiet a"));
  }
  before.tell(PortIsQuiet{{"a"}});
  {
    Node node;
    EXPECT_THAT(node.tell(Adopted{before.life()}), ElementsAre("signal a 15"));
  }
}

TEST(WorkerRoster, RefusesAnotherReleaseForALiveWorkerAndReportsIt) {
  Node node;
  node.serve();
  EXPECT_THAT(node.set(2, {Node::run("a", "r2")}), ElementsAre("report"));
  EXPECT_EQ(node.report().phase, WorkerPhase::kReady);
  EXPECT_EQ(node.report().release, ReleaseId{"r1"});
  EXPECT_THAT(node.report().reason, testing::HasSubstr("r2 is refused"));
}

TEST(WorkerRoster, TakesOverWhatALiveWorkerIsToBeAskedFor) {
  Node node;
  node.serve();
  wire::DesiredSet set{.stamp = {1, 2}, .workers = {Node::run("a")}, .specs = {}};
  WorkerSpec& spec = set.specs[set.workers[0].release];
  spec = node.life().spec;
  spec.metrics = {{.selector = {"waiting", {}}}};
  node.tell(SetArrived{set});
  EXPECT_EQ(node.life().spec.metrics, spec.metrics);
}

TEST(WorkerRoster, RefusesAReleaseThatTheSetDoesNotSpell) {
  Node node;
  node.set(1, {Node::run("a", "unheard-of")});
  EXPECT_EQ(node.report().phase, WorkerPhase::kRefused);
}

TEST(WorkerRoster, AnOrderToStopAnUnknownWorkerIsAnsweredAsEnded) {
  Node node;
  EXPECT_THAT(node.set(1, {Node::stop("a")}), ElementsAre("remember a", "report"));
  EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
}

TEST(WorkerRoster, AMissingWorkerThatWasStoppingIsReportedAsEndedForAWhile) {
  Node node;
  node.serve();
  node.set(2, {Node::stop("a")});
  node.set(3, {});
  node.ends("a", 0);
  EXPECT_THAT(node.after(seconds(4)), IsEmpty());
  EXPECT_EQ(node.report().phase, WorkerPhase::kEnded);
  EXPECT_THAT(node.after(seconds(1)), ElementsAre("forget a", "report"));
}

TEST(WorkerRoster, EventsOfUnknownOrOverWorkersChangeNothing) {
  Node node;
  EXPECT_THAT(node.spawned("x"), IsEmpty());
  EXPECT_THAT(node.ends("x"), IsEmpty());
  node.serve();
  node.set(2, {Node::stop("a")});
  node.ends();
  EXPECT_THAT(node.ends(), IsEmpty());
  EXPECT_THAT(node.ready(), IsEmpty());
  EXPECT_THAT(node.spawned(), IsEmpty());
}

TEST(WorkerRoster, ReportsAWorkerWhereItWasToldToListen) {
  Node node;
  node.roster.reside_at("10.0.0.7");
  node.serve();
  node.roster.reside_at("10.0.0.8");
  node.set(2, {Node::run("a"), Node::run("b")});
  EXPECT_EQ(node.report("a").address.host, "10.0.0.7");
  EXPECT_EQ(node.report("b").address.host, "10.0.0.8");
  node.ends("a");
  node.after(Duration::zero());
  node.after(minutes(1));
  EXPECT_EQ(node.report("a").address.host, "10.0.0.8");
}

TEST(WorkerRoster, TellsWhenItMustBeTickedNext) {
  Node node;
  EXPECT_EQ(node.roster.next_due(), std::nullopt);
  node.serve();
  EXPECT_EQ(node.roster.next_due(), std::nullopt);
  node.ends();
  EXPECT_EQ(node.roster.next_due(), node.now);
  node.after(Duration::zero());
  EXPECT_GE(*node.roster.next_due(), node.now + seconds(1));
}

// Given a worker of a former boot / expect no start by itself, and one as soon as a set comes.
TEST(WorkerRoster, HeldStartsWaitForASet) {
  Node node;
  WorkerLife life;
  life.id = {"a"};
  life.release = {"r1"};
  life.step = LifeStep::kBackingOff;
  life.port = 20003;
  life.failures = 1;
  node.roster.hold_starts();
  node.tell(Adopted{life});
  node.after(seconds(1));
  EXPECT_THAT(node.after(minutes(5)), IsEmpty());
  EXPECT_FALSE(node.roster.next_due());
  node.set(1, {Node::run("a")});
  EXPECT_TRUE(node.roster.next_due() && *node.roster.next_due() <= node.now);
  EXPECT_THAT(node.after(milliseconds(1)), ElementsAre("remember a", "spawn a:20003", "report"));
}

TEST(WorkerRoster, HeldStartsGoOnWhenTheyAreAllowed) {
  Node node;
  WorkerLife life;
  life.id = {"a"};
  life.step = LifeStep::kBackingOff;
  life.port = 20003;
  node.roster.hold_starts();
  node.tell(Adopted{life});
  node.after(minutes(5));
  node.roster.allow_starts();
  EXPECT_THAT(node.after(minutes(5)), ElementsAre("remember a", "spawn a:20003", "report"));
}

TEST(WorkerRoster, AReportOfManyFailedWorkersFitsAMessage) {
  WorkerRoster roster({20000, 20999});
  const Instant now{std::chrono::hours(5)};
  for (int i = 0; i < 500; ++i) {
    WorkerLife life;
    life.id = {"web-1-" + std::to_string(100 + i)};
    life.step = LifeStep::kBackingOff;
    life.reason = "ended before it was ready with exit code 1";
    life.last_output.assign(10, std::string(205, 'x'));
    roster.apply(Adopted{life}, now);
  }
  wire::Message message;
  message.body = roster.report(now);
  EXPECT_LT(wire::encode(message).size(), wire::kControlBytesMax);
  const wire::NodeReport report = roster.report(now);
  ASSERT_EQ(report.workers.size(), 500U);
  EXPECT_EQ(report.workers.front().last_output.size(), 10U);
  EXPECT_THAT(report.workers.back().last_output, IsEmpty());
}

}  // namespace
}  // namespace foretide::agent
