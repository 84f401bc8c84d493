#include "deploy/cli/command_text.hpp"

#include <nlohmann/json.hpp>

namespace foretide::cli {

// JSON strings are YAML strings.
std::string yaml_quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace foretide::cli
