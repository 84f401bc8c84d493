// What was learned of a service's capacity as text, for the history file: written by one life of
// the coordinator and read by the next. What cannot be read, or cannot be true, is left out; to
// have learned nothing is no harm.
#pragma once

#include <string>

#include "coordinator/core/learned_capacity.hpp"

namespace foretide::coordinator {

std::string text_for(const LearnedCapacity& learned);
LearnedCapacity learned_capacity_in(const std::string& text);

}  // namespace foretide::coordinator
