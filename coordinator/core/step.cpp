#include "coordinator/core/step.hpp"

namespace foretide::coordinator {

std::vector<Action> step(State& state, const Event& event) {
  if (std::holds_alternative<Started>(event.what)) {
    state.started = true;
    state.started_at = event.now;
  }
  return {};
}

}  // namespace foretide::coordinator
