// Moments as bytes and back: a chunk of them at a time, each said as what differs from the one
// before (see delta_bytes.hpp), so that a second of a busy service takes some 55 bytes.
//
// A chunk can be read alone: its first moment is said in full, with the settings where the writer
// gives them. Reading trusts nothing; what is no chunk of ours is an Error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "coordinator/core/delta_bytes.hpp"
#include "coordinator/core/moment.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kChunkBytesMax = 4 << 20, kChunkMomentsMax = 1000;

class MomentWriter {
 public:
  // A chunk begins with how the service stood before its first moment.
  explicit MomentWriter(const Decided& before);
  void add(const Moment& moment);
  // What was written so far.
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  Moment last_;
};

struct MomentsRead {
  Decided before;
  std::vector<Moment> moments;
};
Result<MomentsRead> moments_in(std::string_view bytes);

}  // namespace foretide::coordinator
