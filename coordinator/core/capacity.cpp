#include "coordinator/core/capacity.hpp"

#include "coordinator/core/desired.hpp"

namespace foretide::coordinator {

double capacity_of(const ServiceRecord& service) {
  return capacity_for(*service.settings);
}

}  // namespace foretide::coordinator
