#include "common/settings/release.hpp"

#include <gtest/gtest.h>

namespace foretide {
namespace {

WorkerSpec spec() {
  return {.argv = {"./server", "--port", "{port}"},
          .env = {{"A", "${file:/secret}"}},
          .workdir = "/srv",
          .user = "www-data",
          .needs = {.cpus = 0.5, .memory_bytes = 1024},
          .start = {},
          .stop = {}};
}

// A changed value here means that an upgrade of Foretide replaces every worker of every cluster.
TEST(Release, StaysTheSameFromVersionToVersion) {
  EXPECT_EQ(release_for(WorkerSpec{}).text, "945a1cd87678");
  EXPECT_EQ(release_for(spec()).text, "a0a26f745ba6");
}

TEST(Release, ChangesWithWhatAWorkerRuns) {
  const auto changed = [](auto change) {
    WorkerSpec other = spec();
    change(other);
    return release_for(other) != release_for(spec());
  };
  EXPECT_TRUE(changed([](WorkerSpec& s) { s.argv[2] = "8080"; }));
  EXPECT_TRUE(changed([](WorkerSpec& s) { s.argv = {"./server", "--port{port}"}; }));
  EXPECT_TRUE(changed([](WorkerSpec& s) { s.env["A"] = "b"; }));
  EXPECT_TRUE(changed([](WorkerSpec& s) { s.env["B"] = ""; }));
  EXPECT_TRUE(changed([](WorkerSpec& s) { s.workdir = ""; }));
  EXPECT_TRUE(changed([](WorkerSpec& s) { s.user = "nobody"; }));
  EXPECT_TRUE(changed([](WorkerSpec& s) { s.needs.cpus = 0.6; }));
  EXPECT_TRUE(changed([](WorkerSpec& s) { s.needs.memory_bytes = 1025; }));
}

TEST(Release, KeepsWhereOneWordEndsApartFromWhereTheNextBegins) {
  WorkerSpec one, other;
  one.argv = {"ab", "c"};
  other.argv = {"a", "bc"};
  EXPECT_NE(release_for(one), release_for(other));
}

TEST(Release, IgnoresHowAWorkerIsProbedAndStopped) {
  WorkerSpec other = spec();
  other.start.timeout = std::chrono::seconds(1);
  other.stop.grace = std::chrono::seconds(1);
  EXPECT_EQ(release_for(other), release_for(spec()));
}

}  // namespace
}  // namespace foretide
