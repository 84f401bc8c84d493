// What was heard of one queue: how many items waited in it when it was last asked, and the largest
// numbers of the settings' window, of which only those are kept that may still become the largest
// (each is smaller than the one before it). In ten minutes of a number every five seconds that is
// 120 at most, and mostly a handful.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "common/signal.hpp"
#include "common/time.hpp"

namespace foretide::coordinator {

class QueueEvidence {
 public:
  static constexpr std::size_t kKept = 4096;  // a window is 50 minutes at most

  void add(Instant at, double items, Duration window);
  void add_trouble(std::string why) { trouble_ = std::move(why); }

  // Since when nothing was heard is for who asks to judge.
  std::optional<Instant> heard_at() const { return heard_at_; }
  double latest() const { return latest_; }
  double largest(Instant now, Duration window) const;      // 0: nothing was heard
  const std::string& trouble() const { return trouble_; }  // since then; empty: none

  QueueDepth source;  // of which all this was heard

 private:
  struct Heard {
    Instant at{};
    double items = 0.0;
  };
  std::optional<Instant> heard_at_;
  double latest_ = 0.0;
  std::deque<Heard> falling_;  // oldest and largest first
  std::string trouble_;
};

}  // namespace foretide::coordinator
