// Decides recorded moments again, and holds what comes out against what was decided then.
//
// The rules cannot tell a recorded situation from a live one, and the predictors are made and fed
// as they were; so with the recorded settings every decision must be the same to the letter. Where
// one is not, either the record is damaged or this is another program. A replay begins at the first
// chunk of which all is known: the beginning of a life, or, where that is gone, the first after a
// predictor that the record saw made has begun to speak. A gap ends it, as does a chunk that cannot
// be read, and it begins anew behind.
// Each chunk says how the service stood; that must be how the replay left it, and is what it goes
// on from, so that one thing that is wrong does not make everything wrong that follows.
//
// With other settings it tells what would have been decided in the recorded situations: the number
// then follows these decisions, but the demand, the workers that were ready and what signals read
// stay as they were.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/result.hpp"
#include "coordinator/core/moment.hpp"
#include "coordinator/core/moment_codec.hpp"

namespace foretide::coordinator {

// In place of what was recorded.
struct OtherSettings {
  std::optional<double> shortage;
  std::optional<std::uint32_t> min, max;
  bool any() const { return shortage || min || max; }
};

struct Replayed {
  MomentId id;
  WallTime at{};
  Decision decision;  // as it is made now
  Verdict recorded;   // as it was made then
  bool is_same = false;
};

class Replay {
 public:
  Replay(ServiceId service, OtherSettings others);

  // In order. What could be decided again is told; what comes before a replay can begin is not. An
  // Error where the chunk cannot be read: to the next that is played this was a gap.
  Result<std::vector<Replayed>> play(const MomentChunk& chunk);

  // How often something other than the rules set the number (workers that were found, say).
  std::uint64_t set_otherwise() const { return set_otherwise_; }
  std::uint64_t begun() const { return begun_; }              // how often it had to begin
  std::uint64_t passed_over() const { return passed_over_; }  // moments that could not be replayed

 private:
  void begin_life(const MomentChunk& chunk);
  bool set_to(const Decided& decided);
  void take(const Moment& moment);
  Replayed decide(const Moment& moment);

  OtherSettings others_;
  ServiceStanding standing_;
  DemandSeries series_;
  Prediction prediction_;
  bool runs_ = false;
  bool follows_ = false;  // the prediction does
  std::int64_t life_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t set_otherwise_ = 0, begun_ = 0, passed_over_ = 0;
};

}  // namespace foretide::coordinator
