// Moments as bytes and back: a chunk of them at a time, each said as what differs from the one
// before (see delta_bytes.hpp), so that a second of a busy service takes some 55 bytes.
//
// A chunk can be read alone: its first moment is said in full, with the settings where the writer
// gives them. Reading trusts nothing; what is no chunk of ours is an Error.
//
// A few bytes may stand for much, since "as before" costs a bit and may mean a long text. So a
// chunk has three bounds, which the log that writes them stays far within: 4 MB as bytes, 1000
// moments, and 64 MB when it is unfolded, counted as it is read. What is beyond is refused before
// there is room made for it. (A busy minute unfolds to less than 1 MB.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "coordinator/core/moment.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kChunkBytesMax = 4 << 20, kChunkUnfoldedBytesMax = 64 << 20;

class MomentWriter {
 public:
  // A chunk begins with how the service stood before its first moment.
  explicit MomentWriter(const Decided& before);
  void add(const Moment& moment);
  // What was written so far.
  const std::string& bytes() const { return bytes_; }
  // What that takes when it is read.
  std::size_t unfolded() const { return unfolded_; }

 private:
  std::string bytes_;
  std::size_t unfolded_ = 0;
  Moment last_;
};

struct MomentsRead {
  Decided before;
  std::vector<Moment> moments;
};
Result<MomentsRead> moments_in(std::string_view bytes,
                               std::size_t unfolded_max = kChunkUnfoldedBytesMax);

}  // namespace foretide::coordinator
