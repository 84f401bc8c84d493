#include "agent/core/worker_roster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "agent/core/backoff.hpp"
#include "common/wire/codec.hpp"
#include "common/wire/limits.hpp"

namespace foretide::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using wire::WorkerOrder;
using wire::WorkerPhase;

std::string text_of(const RosterAction& action) {
  struct Speaker {
    std::string operator()(const Spawn& a) {
      return "spawn " + a.id.text + ":" + std::to_string(a.port);
    }
    std::string operator()(const Probe& a) { return "probe " + a.id.text; }
    std::string operator()(const StopProbe& a) { return "stop-probe " + a.id.text; }
    std::string operator()(const WatchQuiet& a) { return "watch-quiet " + a.id.text; }
    std::string operator()(const Signal& a) {
      return "signal " + a.id.text + " " + std::to_string(a.signal);
    }
    std::string operator()(const KillGroup& a) { return "kill " + a.id.text; }
    std::string operator()(const Remember& a) { return "remember " + a.id.text; }
    std::string operator()(const Forget& a) { return "forget " + a.id.text; }
    std::string operator()(const Report&) { return "report"; }
  };
  return std::visit(Speaker{}, action);
}

// A node with a clock of its own; each call tells the roster one thing and returns the actions as
// words.
class Node {
 public:
  using Words = std::vector<std::string>;

  Words tell(RosterEvent event) {
    Words words;
    for (const RosterAction& action : roster.apply(event, now)) words.push_back(text_of(action));
    return words;
  }
  Words set(std::uint64_t revision, std::vector<wire::DesiredWorker> workers) {
    wire::DesiredSet set{{1, revision}, std::move(workers), {}};
    WorkerSpec spec;
    spec.argv = {"./server"};
    spec.stop.drain = seconds(30);
    spec.stop.grace = seconds(10);
    set.specs[ReleaseId{"r1"}] = spec;
    set.specs[ReleaseId{"r2"}] = spec;
    return tell(SetArrived{set});
  }
  Words after(Duration passed, double jitter = 0.0) {
    now += passed;
    return tell(Tick{jitter});
  }
  Words spawned(const std::string& id = "a") { return tell(Spawned{{id}, ++last_pid, 77}); }
  Words ready(const std::string& id = "a") { return tell(ProbePassed{{id}}); }
  Words ends(const std::string& id = "a", int code = 1) {
    return tell(Ended{{id}, {code, std::nullopt}, {"last words"}});
  }
  // Asked for, started and ready.
  void serve(const std::string& id = "a") {
    set(1, {run(id)});
    spawned(id);
    ready(id);
  }

  static wire::DesiredWorker run(const std::string& id, const std::string& release = "r1") {
    return {{id}, {"web"}, {release}, WorkerOrder::kRun, false};
  }
  static wire::DesiredWorker stop(const std::string& id, bool quiet = false) {
    return {{id}, {"web"}, {"r1"}, WorkerOrder::kStop, quiet};
  }
  const WorkerLife& life(const std::string& id = "a") { return roster.workers().at(WorkerId{id}); }
  wire::WorkerReport report(const std::string& id = "a") {
    for (const wire::WorkerReport& one : roster.report(now).workers) {
      if (one.id.text == id) return one;
    }
    ADD_FAILURE() << "no report of " << id;
    return {};
  }

  WorkerRoster roster{{20000, 20009}};
  Instant now{std::chrono::hours(5)};
  std::int64_t last_pid = 100;
};

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

TEST(WorkerRoster, RestartsOnTheSamePortAfterABackOffThatGrows) {
  Node node;
  node.serve();
  for (const int wait : {1, 2, 4, 8, 16, 32, 60, 60}) {
    EXPECT_THAT(node.ends(), testing::Contains("kill a"));  // what it left behind
    EXPECT_EQ(node.report().phase, WorkerPhase::kBackingOff);
    EXPECT_THAT(node.report().last_output, ElementsAre("last words"));
    EXPECT_THAT(node.after(Duration::zero()), IsEmpty());
    EXPECT_THAT(node.after(seconds(wait) - milliseconds(1)), IsEmpty());
    EXPECT_THAT(node.after(milliseconds(1 + wait * 250)),
                ElementsAre("remember a", "spawn a:20000", "report"));
    node.spawned();
  }
  EXPECT_EQ(node.report().failures, 8U);
}

TEST(WorkerRoster, NeverRestartsInATightLoopHoweverOftenItIsTicked) {
  Node node;
  node.set(1, {Node::run("a")});
  int spawns = 1;
  node.spawned();
  node.ends();
  for (int i = 0; i < 60'000; ++i) {  // a minute of ticks a millisecond apart
    for (const std::string& word : node.after(milliseconds(1))) {
      if (!word.starts_with("spawn")) continue;
      ++spawns;
      node.spawned();
      node.ends();
    }
  }
  EXPECT_LE(spawns, 6);
  EXPECT_GE(spawns, 5);
}

TEST(WorkerRoster, TenHealthyMinutesWipeTheSlate) {
  Node node;
  node.serve();
  for (int i = 0; i < 4; ++i) {
    node.ends();
    node.after(Duration::zero());
    node.after(seconds(10));
    node.spawned();
    node.ready();
  }
  EXPECT_EQ(node.report().failures, 4U);
  node.after(kHealthyAfter);
  EXPECT_EQ(node.report().failures, 0U);
  node.ends();
  EXPECT_EQ(node.report().failures, 1U);
}

TEST(WorkerRoster, AHopelessStartIsRefusedAndTriedAgainOnlyForANewWorker) {
  Node node;
  node.set(1, {Node::run("a")});
  EXPECT_THAT(node.tell(SpawnFailed{{"a"}, "command not found: ./server", true}),
              ElementsAre("remember a", "report"));
  EXPECT_EQ(node.report().phase, WorkerPhase::kRefused);
  EXPECT_EQ(node.report().reason, "command not found: ./server");
  EXPECT_THAT(node.after(minutes(10)), IsEmpty());
  EXPECT_THAT(node.set(2, {Node::run("a")}), ElementsAre("report"));
  EXPECT_THAT(node.set(3, {Node::run("b")}), testing::Contains("spawn b:20001"));
}

TEST(WorkerRoster, AStartThatFailsForNowBacksOff) {
  Node node;
  node.set(1, {Node::run("a")});
  node.tell(SpawnFailed{{"a"}, "fork: resource temporarily unavailable", false});
  EXPECT_EQ(node.report().phase, WorkerPhase::kBackingOff);
  node.after(Duration::zero());
  EXPECT_THAT(node.after(milliseconds(1250)), testing::Contains("spawn a:20000"));
}

TEST(WorkerRoster, KillsAWorkerThatIsNotReadyInTimeAndBacksOff) {
  Node node;
  node.set(1, {Node::run("a")});
  node.spawned();
  EXPECT_THAT(node.tell(ProbeFailed{{"a"}, "listens on 127.0.0.1 only"}),
              ElementsAre("remember a", "kill a", "report"));
  EXPECT_THAT(node.after(seconds(5)), ElementsAre("kill a"));
  node.tell(Ended{{"a"}, {std::nullopt, SIGKILL}, {}});
  EXPECT_EQ(node.report().phase, WorkerPhase::kBackingOff);
  EXPECT_EQ(node.report().reason, "listens on 127.0.0.1 only");
}

TEST(WorkerRoster, TakesThePortGivenUpLongestAgoAndNeverOneInUse) {
  Node node;
  std::uint64_t revision = 0;
  for (const char* id : {"a", "b", "c", "d", "e", "f", "g", "h", "i"}) {
    node.set(++revision, {Node::run("keep"), Node::run(id)});
    node.tell(SpawnFailed{{id}, "hopeless", true});
  }
  node.set(++revision, {Node::run("keep")});
  // 20000 is held by `keep`; the others were given up in the order in which they were used.
  EXPECT_THAT(node.set(++revision, {Node::run("keep"), Node::run("x")}),
              testing::Contains("spawn x:20001"));
}

TEST(WorkerRoster, AnEndedWorkerKeepsItsPortUntilItsEntryIsGone) {
  WorkerRoster roster({20000, 20000});
  Node node;
  node.roster = roster;
  node.serve();
  node.set(2, {Node::stop("a")});
  node.ends("a", 0);
  node.set(3, {Node::stop("a"), Node::run("b")});
  EXPECT_EQ(node.report("b").phase, WorkerPhase::kBackingOff);
  EXPECT_EQ(node.report("b").reason, "no port is free in 20000-20000");
  node.set(4, {Node::run("b")});
  node.after(Duration::zero());
  EXPECT_THAT(node.after(seconds(2)), testing::Contains("spawn b:20000"));
}

TEST(WorkerRoster, AFirstStartWalksPastPortsThatOthersHold) {
  Node node;
  node.set(1, {Node::run("a")});
  EXPECT_THAT(node.tell(PortTaken{{"a"}}), ElementsAre("remember a", "spawn a:20001"));
  EXPECT_THAT(node.tell(PortTaken{{"a"}}), ElementsAre("remember a", "spawn a:20002"));
}

TEST(WorkerRoster, ARestartOfAWorkerThatWasNeverReadyTakesAnotherPortAtOnce) {
  Node node;
  node.set(1, {Node::run("a")});
  node.spawned();
  node.ends();
  node.after(Duration::zero());
  node.after(minutes(1));
  EXPECT_THAT(node.tell(PortTaken{{"a"}}), ElementsAre("remember a", "spawn a:20001"));
}

TEST(WorkerRoster, ARestartKeepsToItsPortForAFewTries) {
  Node node;
  node.serve();
  node.ends();
  for (int i = 0; i < 2; ++i) {
    node.after(Duration::zero());
    EXPECT_THAT(node.after(minutes(1)), testing::Contains("spawn a:20000"));
    node.tell(PortTaken{{"a"}});
    EXPECT_EQ(node.report().reason, "port 20000 is held by another program");
  }
  node.after(Duration::zero());
  node.after(minutes(1));
  EXPECT_THAT(node.tell(PortTaken{{"a"}}), testing::Contains("spawn a:20001"));
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
