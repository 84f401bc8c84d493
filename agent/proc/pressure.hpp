// /proc/pressure/{cpu,memory,io}: the share of the last ten seconds in which some task stood still
// for want of the resource, 0 to 1 (kernel documentation: accounting/psi).
#pragma once

#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

Result<double> parse_pressure(std::string_view bytes);

}  // namespace foretide::agent
