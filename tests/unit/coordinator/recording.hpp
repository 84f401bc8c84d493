// A world whose service "web" is written down moment by moment, and the record decided again: for
// stories about replays.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "coordinator/core/replay.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {

struct Recording {
  World world;
  std::vector<MomentChunk> chunks;

  void keep() {
    const MomentLog& log = world.record("web").moments;
    if (!chunks.empty()) chunks.pop_back();  // it may have grown
    const std::vector<MomentChunk> more = log.from(chunks.empty() ? 0 : chunks.back().number + 1);
    chunks.insert(chunks.end(), more.begin(), more.end());
  }
  void pass(Duration duration) {
    for (Duration left = duration; left > 0s; left -= 20s) {
      world.pass(std::min<Duration>(left, 20s));
      keep();
    }
  }
};

struct Played {
  std::vector<Replayed> all;
  std::uint64_t set_otherwise = 0, begun = 0, passed_over = 0;
  std::size_t different = 0;
};

inline Played played(const std::vector<MomentChunk>& chunks, OtherSettings others = {}) {
  Replay replay({"web"}, others);
  Played played;
  for (const MomentChunk& chunk : chunks) {
    const auto more = replay.play(chunk);
    EXPECT_TRUE(more) << (more ? "" : more.error());
    if (!more) return played;
    played.all.insert(played.all.end(), more->begin(), more->end());
  }
  for (const Replayed& one : played.all) played.different += one.is_same ? 0 : 1;
  played.set_otherwise = replay.set_otherwise();
  played.begun = replay.begun();
  played.passed_over = replay.passed_over();
  return played;
}

// Demand that jumps to and fro, at random but always the same.
inline void jump_about(Recording& run, std::mt19937& random, int times) {
  constexpr double kRates[] = {0.0, 20.0, 100.0, 300.0, 700.0, 1100.0};
  for (int i = 0; i < times; ++i) {
    Balancer& edge = run.world.balancers.at({"edge"});
    edge.rate[{"web"}] = kRates[random() % std::size(kRates)];
    edge.answer_time = random() % 4 == 0 ? 500ms : 100ms;
    run.pass(1s * (5 + static_cast<int>(random() % 40)));
  }
}

}  // namespace foretide::coordinator::story
