// One entry of `services`: a name and what stands under it.
#pragma once

#include <vector>

#include "common/settings/cluster.hpp"
#include "common/settings/match_section.hpp"
#include "common/settings/schema.hpp"

namespace foretide::settings {

// Who reads the file: a coordinator, or a balancer on its own, which has nobody to start workers.
enum class ReadFor { kCluster, kStandalone };

struct PlacedService {
  ServiceSettings settings;
  std::vector<PlacedMatch> matches;  // the same as in `settings`, with positions
};

PlacedService service_in(const YamlEntry& entry, ReadFor reader, Problems& problems);

}  // namespace foretide::settings
