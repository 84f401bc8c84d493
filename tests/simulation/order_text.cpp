#include "tests/simulation/order_text.hpp"

#include "tests/simulation/history.hpp"

namespace foretide::simulation {

std::string text_of(const wire::DesiredSet& set) {
  std::string text = "set " + text_of(set.stamp) + ":";
  for (const wire::DesiredWorker& worker : set.workers) {
    text += worker.order == wire::WorkerOrder::kRun ? " run " : " stop ";
    text += worker.id.text;
  }
  return text;
}

std::string text_of(const wire::ServiceTable& table) {
  std::string text = "table " + text_of(table.stamp) + " of " + table.service.text + ":";
  for (const wire::Endpoint& endpoint : table.endpoints) {
    text += endpoint.state == wire::EndpointState::kActive     ? " active "
            : endpoint.state == wire::EndpointState::kDraining ? " draining "
                                                               : " gone ";
    text += endpoint.id.text + "@" + endpoint.address.text();
  }
  return text;
}

}  // namespace foretide::simulation
