// What `listen` and `observe` say, key by key. Part of setting_values; nothing else includes it.
#pragma once

#include "common/settings/cluster.hpp"
#include "common/settings/value_list.hpp"

namespace foretide::settings {

void add_listen(ValueList& list, const ListenSettings& listen);

}  // namespace foretide::settings
