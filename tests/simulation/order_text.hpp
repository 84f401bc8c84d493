// What the coordinator sends, as a line of the history: "set 3.17: run web-3-1 stop web-3-2".
#pragma once

#include <string>

#include "common/wire/messages.hpp"

namespace foretide::simulation {

std::string text_of(const wire::DesiredSet& set);
std::string text_of(const wire::ServiceTable& table);

}  // namespace foretide::simulation
