// The answer of POST /v1/plan: {"changed", "restart", "cluster": [change], "services": [{"service",
// "what": "added" | "removed" | "changed", "changes": [change], "workers"}]}. A change is {"key",
// "from", "to", "secret", "item", "effect", "means"}: from and to are null where the key is not
// given, and empty for a secret, whose value is not shown; an item is one of a list that comes or
// goes.
#pragma once

#include <nlohmann/json.hpp>

#include "coordinator/core/preview.hpp"

namespace foretide::coordinator {

nlohmann::ordered_json json_for(const Preview& preview);

}  // namespace foretide::coordinator
