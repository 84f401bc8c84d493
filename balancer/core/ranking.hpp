// Which of many has the lowest key, kept up to date as keys change: a tournament, in which each
// round's winner is remembered.
//
// With 1,000 entries a changed key is played up through ten rounds, and the winner stands on top
// (about 20 ns each); to look at all of them would take as long as a request has. Entries without a
// place in the contest have kNever.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace foretide::balancer {

class Ranking {
 public:
  using Key = std::uint64_t;
  static constexpr Key kNever = UINT64_MAX;

  // All entries begin without a place.
  void resize(std::size_t size) {
    leaves_ = std::bit_ceil(std::max<std::size_t>(size, 1));
    keys_.assign(2 * leaves_, kNever);
  }
  void set(std::size_t entry, Key key) {
    std::size_t at = leaves_ + entry;
    keys_[at] = key;
    for (at /= 2; at > 0; at /= 2) {
      const Key winner = std::min(keys_[2 * at], keys_[2 * at + 1]);
      if (keys_[at] == winner) return;
      keys_[at] = winner;
    }
  }
  Key key(std::size_t entry) const { return keys_[leaves_ + entry]; }
  // Nothing when nobody has a place. Of equal ones the first.
  std::optional<std::size_t> lowest() const {
    if (keys_[1] == kNever) return std::nullopt;
    std::size_t at = 1;
    while (at < leaves_) at = 2 * at + (keys_[2 * at] == keys_[1] ? 0 : 1);
    return at - leaves_;
  }

 private:
  std::size_t leaves_ = 1;
  std::vector<Key> keys_{kNever, kNever};  // [1] on top, the entries from [leaves_]
};

}  // namespace foretide::balancer
