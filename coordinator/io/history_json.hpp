// The recorded demand of a service as the admin API gives it: with what the service was set to, so
// that it can be played again with the same settings or with others.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "coordinator/core/service_record.hpp"
#include "coordinator/io/api_json.hpp"
#include "coordinator/io/history_sqlite.hpp"

namespace foretide::coordinator {

// "second", "minute" or "hour".
Result<HistoryGrain> grain_in(const std::string& text);

// Rows are [at, demand, forecast, desired, ready]: seconds since 1970, load, means; null where not
// known.
Json history_json(const ServiceRecord& service, HistoryGrain grain,
                  const std::vector<HistoryRow>& rows);

}  // namespace foretide::coordinator
