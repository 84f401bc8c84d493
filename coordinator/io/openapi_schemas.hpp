// The shapes of answers as `/openapi.json` describes them: those whose fields need a word of what
// they mean. Numbers may be null, which is: not known. Fields that are not described here are told
// by their names.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace foretide::coordinator {

nlohmann::ordered_json openapi_schemas();

inline nlohmann::ordered_json schema_named(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

}  // namespace foretide::coordinator
