// `scale` of a service: how many workers there may be, and what steers their number.
#pragma once

#include "common/settings/cluster.hpp"
#include "common/settings/schema.hpp"

namespace foretide::settings {

inline constexpr std::uint32_t kWorkersMost =
    2'000;  // of one service; its table must fit one message

ScaleSettings scale_in(const Section& service);

}  // namespace foretide::settings
