// The JSON that the admin API answers with, field for field, from the core's views. An absent value
// is null: not known is never shown as zero. Times are ISO 8601 in UTC by this host's clock,
// durations are seconds, load and capacity are requests in flight.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "common/time.hpp"
#include "coordinator/core/decision.hpp"
#include "coordinator/core/forecast.hpp"
#include "coordinator/core/notice.hpp"
#include "coordinator/core/views.hpp"

namespace foretide::coordinator {

using Json = nlohmann::ordered_json;

std::string iso_text(WallTime time);  // "2026-11-23T21:35:23.120Z"

Json json_for(const Decision& decision);    // whole, with every opinion
Json json_for(const ServiceView& service);  // with its workers
Json json_for(const FeedbackView& feedback);
Json json_for(const WorkerView& worker);
Json json_for(const NodeView& node);
Json json_for(const BalancerView& balancer);
Json json_for(const Notice& notice);
Json json_for(const Forecast& forecast);

template <class List>
Json list_of(const List& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(json_for(value));
  return list;
}

// What a stored decision says of the change itself; nothing when it cannot be read.
std::optional<Decision> decision_in(const ServiceId& service, WallTime at, const std::string& json);

}  // namespace foretide::coordinator
