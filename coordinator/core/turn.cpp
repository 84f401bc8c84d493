#include "coordinator/core/turn.hpp"

#include <iterator>
#include <utility>

namespace foretide::coordinator {

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
