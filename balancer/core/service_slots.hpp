// The Slots of one service's endpoints, for the threads to share.
//
// An endpoint's id has the same Slots as long as any thread has the endpoint, or is about to have
// it: one that leaves and comes back while a request of before is still in flight counts that one
// too, or its hard capacity would be exceeded. Whether anybody still has them is told by the
// pointers themselves. Example: a thread that serves a last request at "a" keeps "a" in its set,
// and so the Slots; "a" that comes back meanwhile gets the same.
//
// Each Slots has a number that no other of the service has at the time, as low as possible: see
// FreedPlaces.
//
// For the control thread, which alone hands them out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "balancer/core/endpoint.hpp"
#include "common/wire/messages.hpp"

namespace foretide::balancer {

class ServiceSlots {
 public:
  using ById = std::map<WorkerId, std::shared_ptr<Slots>>;

  // Takes back what nobody has any more, and makes those that the table needs.
  const ById& apply(const wire::ServiceTable& table);

 private:
  std::uint32_t free_number();

  ById slots_;
  std::vector<std::uint32_t> numbers_free_;  // of slots that are gone
};

}  // namespace foretide::balancer
