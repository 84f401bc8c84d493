// What is known of the capacity of a service's workers, by release and kind of node, and the one
// number that is in use.
//
// A kind is how many CPUs a worker may use: the node's, or fewer where the service says what it
// needs. A worker that serves 5 at once on four CPUs serves perhaps 10 on eight, and is learned
// apart. Another release begins with what the former one was seen to do, a tenth as heavy and never
// sure until it was seen itself; of a release before that nothing is kept, so that there are two.
//
// What is in use is worth a worker to whoever pays or waits, and another predictor each time it
// moves by a twentieth. So it moves when the evidence is good, at most every half minute and by a
// quarter, not for less than a twentieth, and back only for more than an eighth; it stays within an
// eighth and eight times of what it began with, or above a quarter of a request where that uses up
// a worker's CPU. Four fifths of the knee are in use: a worker is well used a little before it is
// full. Without a knee it may rise to what was served well, and no further: the only way to find
// out more is that demand brings it. When evidence fails, what is in use stays.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/time.hpp"
#include "coordinator/core/capacity_estimate.hpp"
#include "coordinator/core/capacity_evidence.hpp"

namespace foretide::coordinator {

// The least, which one that uses up a worker's CPU may be worth, and the most.
inline constexpr double kLearnedByCpuLeast = 0.25, kLearnedMost = 64.0;

struct KindCapacity {
  ReleaseId release;
  double cpus = 0.0;  // that a worker may use; 0: not known
  CapacityEvidence evidence;
  CapacityEstimate estimate;
  std::optional<double> settled;  // soft capacity, once it was sure
};

struct LearnedCapacity {
  // Of one release; what further kinds do is not learned.
  static constexpr std::size_t kKindsMost = 8;

  std::vector<KindCapacity> kinds;  // of the former and then of the present release
  std::optional<double> in_use;     // absent: what it begins with
  int moved = 0;                    // 1: up, -1: down, the last time
  Instant moved_at{}, estimated_at{};

  // Nothing where there are too many kinds.
  KindCapacity* kind_for(const ReleaseId& release, double cpus);
  const KindCapacity* find(const ReleaseId& release, double cpus) const;
};

// From now on workers run this release.
void begin_release(LearnedCapacity& learned, const ReleaseId& release);

// Makes estimates of the evidence again, and of good ones what is settled.
void estimate(LearnedCapacity& learned);

// What a worker of a kind is worth: as settled, else as other kinds are, else what it begins with.
double worth_of(const LearnedCapacity& learned, const ReleaseId& release, double cpus);

// Moves what is in use towards the mean worth of the workers there are.
void move_towards(LearnedCapacity& learned, double worth, Instant now);

}  // namespace foretide::coordinator
