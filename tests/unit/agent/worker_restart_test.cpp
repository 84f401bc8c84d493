// How workers that end are started again: when, how often, and on which port.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/core/backoff.hpp"
#include "tests/unit/agent/roster_node.hpp"

namespace foretide::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using wire::WorkerPhase;

TEST(WorkerRestart, RestartsOnTheSamePortAfterABackOffThatGrows) {
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

TEST(WorkerRestart, NeverRestartsInATightLoopHoweverOftenItIsTicked) {
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

TEST(WorkerRestart, TenHealthyMinutesWipeTheSlate) {
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

TEST(WorkerRestart, AHopelessStartIsRefusedAndTriedAgainOnlyForANewWorker) {
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

TEST(WorkerRestart, AStartThatFailsForNowBacksOff) {
  Node node;
  node.set(1, {Node::run("a")});
  node.tell(SpawnFailed{{"a"}, "fork: resource temporarily unavailable", false});
  EXPECT_EQ(node.report().phase, WorkerPhase::kBackingOff);
  node.after(Duration::zero());
  EXPECT_THAT(node.after(milliseconds(1250)), testing::Contains("spawn a:20000"));
}

TEST(WorkerRestart, KillsAWorkerThatIsNotReadyInTimeAndBacksOff) {
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

TEST(WorkerRestart, TakesThePortGivenUpLongestAgoAndNeverOneInUse) {
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

TEST(WorkerRestart, AnEndedWorkerKeepsItsPortUntilItsEntryIsGone) {
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

TEST(WorkerRestart, AFirstStartWalksPastPortsThatOthersHold) {
  Node node;
  node.set(1, {Node::run("a")});
  EXPECT_THAT(node.tell(PortTaken{{"a"}}), ElementsAre("remember a", "spawn a:20001"));
  EXPECT_THAT(node.tell(PortTaken{{"a"}}), ElementsAre("remember a", "spawn a:20002"));
}

TEST(WorkerRestart, ARestartOfAWorkerThatWasNeverReadyTakesAnotherPortAtOnce) {
  Node node;
  node.set(1, {Node::run("a")});
  node.spawned();
  node.ends();
  node.after(Duration::zero());
  node.after(minutes(1));
  EXPECT_THAT(node.tell(PortTaken{{"a"}}), ElementsAre("remember a", "spawn a:20001"));
}

TEST(WorkerRestart, ARestartKeepsToItsPortForAFewTries) {
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

}  // namespace
}  // namespace foretide::agent
