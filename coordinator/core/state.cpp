#include "coordinator/core/state.hpp"

namespace foretide::coordinator {

const WorkerRecord* State::find_worker(const WorkerId& id) const {
  const auto home = service_of.find(id);
  if (home == service_of.end()) return nullptr;
  const auto service = services.find(home->second);
  if (service == services.end()) return nullptr;
  const auto worker = service->second.workers.find(id);
  return worker == service->second.workers.end() ? nullptr : &worker->second;
}

WorkerRecord* State::find_worker(const WorkerId& id) {
  return const_cast<WorkerRecord*>(static_cast<const State*>(this)->find_worker(id));
}

}  // namespace foretide::coordinator
