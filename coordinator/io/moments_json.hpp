// Recorded moments as the admin API gives them: chunks as base64url, since only a program of the
// same version can do anything with them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "coordinator/io/api_json.hpp"
#include "coordinator/io/moments_sqlite.hpp"

namespace foretide::coordinator {

// after=ID, 0 when it is not given.
Result<std::int64_t> moments_after_in(const std::map<std::string, std::string>& query);

// `next` is what to ask for after; null when these are the last.
Json moments_json(const ServiceId& service, const std::vector<KeptMoments>& moments);

}  // namespace foretide::coordinator
