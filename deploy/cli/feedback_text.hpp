// What a service's feedback says in plain words, for `foretide explain`: how good the forecasts
// were and how long starts take; how much demand found no worker, and why requests waited. What is
// not known is left out; nothing known is no line at all.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace foretide::cli {

// `service` is the answer of GET /v1/services/NAME.
std::vector<std::string> feedback_lines(const nlohmann::json& service);

}  // namespace foretide::cli
