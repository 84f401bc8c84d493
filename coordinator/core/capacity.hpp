// What one worker of a running service is worth: the load that it serves well. Everybody who turns
// a load into workers, or back, asks here.
#pragma once

#include "coordinator/core/service_record.hpp"

namespace foretide::coordinator {

// In the unit of the service's load; the service is in the cluster file.
double capacity_of(const ServiceRecord& service);

}  // namespace foretide::coordinator
