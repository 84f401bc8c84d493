// /proc/loadavg: how many tasks wanted to run or waited for a disk, averaged over the last minute.
#pragma once

#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

Result<double> parse_loadavg(std::string_view bytes);

}  // namespace foretide::agent
