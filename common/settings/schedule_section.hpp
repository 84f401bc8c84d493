// `scale.schedule` of a service: the windows of time in which it is to have more workers. Zones are
// looked up here, so that nobody reads a file of theirs later.
#pragma once

#include <vector>

#include "common/schedule_window.hpp"
#include "common/settings/schema.hpp"

namespace foretide::settings {

// `max` is what the section has for it: a window cannot want more.
std::vector<ScheduleWindow> schedule_in(const Section& scale, std::uint32_t max);

}  // namespace foretide::settings
