#include "coordinator/core/turn.hpp"

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

namespace foretide::coordinator {
namespace {

// No cluster gets there; one above it would wrap or not fit the store.
constexpr std::uint64_t kEpochMax = std::uint64_t{1} << 62;

}  // namespace

void tell(Turn& turn, Notice notice) {
  notice.at = turn.wall;
  turn.state.notices.push_back(notice);
  if (turn.state.notices.size() > kNoticesKept) turn.state.notices.pop_front();
  turn.tells.push_back(std::move(notice));
}

Stamp next_stamp(State& state) {
  return {state.epoch, ++state.revision};
}

void raise_epoch_past(Turn& turn, std::uint64_t epoch) {
  if (epoch < turn.state.epoch) return;
  if (epoch > kEpochMax) {
    return tell(turn, {.kind = "cluster",
                       .text = "an agent or a balancer speaks of epoch " + std::to_string(epoch) +
                               ", which cannot be: it is not heeded"});
  }
  turn.state.epoch = epoch + 1;
  turn.state.store_was_behind = true;
  turn.persists.push_back(PersistEpoch{turn.state.epoch});
  for (auto& [id, node] : turn.state.nodes) node.merged = false;
  turn.everything = true;
}

std::vector<Action> answer_of(Turn&& turn, std::uint64_t revision_before) {
  std::vector<Action> actions = std::move(turn.persists);
  if (turn.state.revision != revision_before) {
    actions.push_back(PersistRevision{turn.state.revision});
  }
  std::move(turn.sends.begin(), turn.sends.end(), std::back_inserter(actions));
  std::move(turn.tells.begin(), turn.tells.end(), std::back_inserter(actions));
  return actions;
}

}  // namespace foretide::coordinator
