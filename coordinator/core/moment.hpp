// One moment of a service, written down: all that its decision was made of, and what was decided.
//
// Of the foresight there is only how it came about: which predictor was made of what, and how far
// it was fed with the seconds that were closed. Whoever replays the moments makes and feeds the
// same, and must see the same. A moment says of settings and of earlier decisions only where they
// are not what the moments before leave behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/settings/cluster.hpp"
#include "coordinator/core/decision.hpp"
#include "coordinator/core/prediction.hpp"
#include "coordinator/core/service_standing.hpp"
#include "coordinator/core/situation.hpp"

namespace foretide::coordinator {

struct ClosedSecond {
  std::int64_t second = 0;  // of the series
  std::optional<double> load;
  friend bool operator==(const ClosedSecond&, const ClosedSecond&) = default;
};

// What came of it. The rest of the decision is in its print: two that differ in a letter of any
// rule's reason have others (but for one in four billion).
struct Verdict {
  std::uint32_t from = 0, to = 0;
  std::string rule;
  std::uint32_t print = 0;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};
Verdict verdict_of(const Decision& decision);

struct Moment {
  std::vector<ClosedSecond> closed;        // since the moment before, in order
  std::optional<PredictionMaking> making;  // of a predictor that is grown from now on
  PredictionStand stand;
  Situation situation;                    // without a foresight
  std::optional<ScaleSettings> settings;  // from now on; no schedule and no signals, see Situation
  std::optional<Decided> decided;         // changed by something else before this moment
  Verdict verdict;
};

// What the rules read of settings: all but the schedule and the signals, whose words and values are
// in the situation.
ScaleSettings plain_settings(const ScaleSettings& scale);

inline constexpr std::size_t kChunkMomentsMax = 1000;

// Some moments in a row, as they are kept: one minute of them, mostly.
struct MomentChunk {
  std::int64_t life = 0;     // when the log began, in milliseconds since 1970
  std::uint64_t number = 0;  // in this life, from 0 and without a gap
  std::int64_t begin = 0;    // of its first moment, in milliseconds since 1970
  std::string bytes;         // by moment_codec.hpp

  // Of the moment at that place in it.
  MomentId id(std::size_t place) const { return {life, number * kChunkMomentsMax + place}; }
};

}  // namespace foretide::coordinator
