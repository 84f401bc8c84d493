#include "coordinator/io/history_json.hpp"

#include "coordinator/core/capacity.hpp"

namespace foretide::coordinator {

Result<HistoryGrain> grain_in(const std::string& text) {
  if (text == "second") return HistoryGrain::kSecond;
  if (text == "minute") return HistoryGrain::kMinute;
  if (text == "hour") return HistoryGrain::kHour;
  return Error{"grain is '" + text + "', wants one of second, minute, hour"};
}

Json history_json(const ServiceRecord& service, HistoryGrain grain,
                  const std::vector<HistoryRow>& rows) {
  const auto or_null = [](const std::optional<double>& number) {
    return number ? Json(*number) : Json(nullptr);
  };
  Json list = Json::array();
  for (const HistoryRow& row : rows) {
    list.push_back({row.at, or_null(row.demand), or_null(row.forecast), row.desired, row.ready});
  }
  Json json{{"service", service.id.text},
            {"grain_seconds", static_cast<std::int64_t>(grain)},
            {"start_seconds", seconds_in(service.start_times.p90())},
            {"rows", std::move(list)}};
  if (service.settings) {
    json["capacity_per_worker"] = capacity_of(service);
    json["min"] = service.settings->scale.min;
    json["max"] = service.settings->scale.max;
    json["shortage"] = service.settings->scale.shortage;
  }
  return json;
}

}  // namespace foretide::coordinator
