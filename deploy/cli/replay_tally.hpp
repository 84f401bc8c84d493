// Counts what came of a replay: how much of it was as it was recorded, and the first thing that was
// not.
//
// Two records are held against it. Each moment has a print of its decision, so that all moments
// count. And each decision that was told is held against its own moment, which it names (MomentId),
// and must have come of it to the letter and at that time. Times alone would not do: when a clock
// is set back they come once more. A decision that names a moment between two that were replayed,
// but which is not there, is a difference as well; one beyond the ends of a stretch says nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/replay.hpp"
#include "deploy/cli/recorded_moments.hpp"

namespace foretide::cli {

// What numbers of workers a row of decisions asked for.
struct NumbersAsked {
  std::uint64_t moments = 0, changes = 0;
  std::uint64_t sum = 0;
  std::uint32_t most = 0;
  double mean() const { return moments > 0 ? static_cast<double>(sum) / moments : 0.0; }
  void add(std::uint32_t from, std::uint32_t to);
};

struct FirstDifference {
  WallTime at{};
  std::string recorded, now;  // "3 -> 4 (panic): load 31.00 over ..."
};

class ReplayTally {
 public:
  explicit ReplayTally(RecordedDecisions recorded) : recorded_(std::move(recorded)) {}

  // What one chunk gave, in order; `is_new` where the replay has begun with it.
  void add(const std::vector<coordinator::Replayed>& replayed, bool is_new);

  WallTime begin() const { return begin_.value_or(WallTime{}); }
  WallTime end() const { return end_; }
  std::uint64_t moments() const { return was_.moments; }
  std::uint64_t moments_same() const { return moments_same_; }
  std::uint64_t decisions() const { return decisions_; }
  std::uint64_t decisions_same() const { return decisions_same_; }
  const NumbersAsked& was() const { return was_; }
  const NumbersAsked& now() const { return now_; }
  const std::optional<FirstDifference>& first() const { return first_; }
  bool all_same() const { return moments_same_ == moments() && decisions_same_ == decisions_; }

 private:
  void judge(const coordinator::Replayed& one);
  void judge_told(const RecordedDecision& told, const coordinator::Replayed& one);
  void miss_between(const coordinator::MomentId& one, const coordinator::MomentId& other);
  void differ(WallTime at, std::string recorded, std::string now);
  std::string recorded_text(const coordinator::Replayed& one) const;

  RecordedDecisions recorded_;
  std::optional<coordinator::MomentId> last_;  // of this stretch
  std::optional<WallTime> begin_;
  WallTime end_{};
  std::uint64_t moments_same_ = 0, decisions_ = 0, decisions_same_ = 0;
  NumbersAsked was_, now_;
  std::optional<FirstDifference> first_;
};

}  // namespace foretide::cli
