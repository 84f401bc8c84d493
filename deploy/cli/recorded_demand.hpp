// A service's own demand as its coordinator has recorded it, for `foretide simulate
// --from-history`: the trace, and what the service is set to.
//
// Recorded is load, in requests in flight; a trace counts requests. One that takes a second stands
// for both: a load of 3 over a minute is 180 requests, and a capacity of 4 in flight 4 a second.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "common/result.hpp"
#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/demand_trace.hpp"

namespace foretide::cli {

struct RecordedDemand {
  DemandTrace trace;
  double capacity = 0.0, start_seconds = 0.0, shortage = 0.01;
  std::uint32_t workers_min = 0, workers_max = 0;
  // What came of it: the share of the load that was above what the workers ready at the time would
  // carry at the capacity of now (that of the time is not recorded), and the mean of the workers
  // asked for.
  double unserved = 0.0, workers_mean = 0.0;
};

// From the API's answer.
Result<RecordedDemand> recorded_demand_in(const nlohmann::json& answer);

// `grain` is second, minute or hour.
Result<RecordedDemand> recorded_demand_of(const AdminAccess& access, const std::string& service,
                                          const std::string& grain);

}  // namespace foretide::cli
