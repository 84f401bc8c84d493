#include "coordinator/io/api_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/rfc3339.hpp"

namespace foretide::coordinator {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// Three decimals are enough for people, and NaN is no JSON.
Json rounded(double value) {
  return std::isfinite(value) ? Json(std::round(value * 1000.0) / 1000.0) : Json(nullptr);
}
Json rounded(const std::optional<double>& value) {
  return value ? rounded(*value) : Json(nullptr);
}
Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json json_for(const StoppedStarts& stopped) {
  return {{"text", stopped.text},
          {"release", stopped.release.text},
          {"failures", stopped.failures},
          {"starts", stopped.starts},
          {"reason", text_or_null(stopped.reason)},
          {"output", stopped.output},
          {"next_trial_in_s", rounded(stopped.next_trial_seconds)}};
}

Json change_json(const Decision& decision) {
  return {{"at", iso_text(decision.at)},
          {"from", decision.from},
          {"to", decision.to},
          {"rule", decision.rule},
          {"reason", decision.reason}};
}

Json waits_json(const FeedbackView& feedback) {
  Json waits = Json::object();
  for (std::size_t i = 0; i < kCauses; ++i) {
    const Cause cause = static_cast<Cause>(i);
    waits[name_of(cause)] = feedback.waits.of(cause);
  }
  return waits;
}

Json capacity_json(const ServiceView& service) {
  if (!service.capacity) return nullptr;
  Json kinds = Json::array();
  for (const CapacityKindView& kind : service.capacity->kinds) {
    kinds.push_back({{"cpus", kind.cpus > 0.0 ? rounded(kind.cpus) : Json(nullptr)},
                     {"learned", rounded(kind.learned)},
                     {"knee", rounded(kind.knee)},
                     {"standard_error", rounded(kind.standard_error)},
                     {"at_least", rounded(kind.at_least)},
                     {"confidence", kind.confidence},
                     {"by", text_or_null(kind.by)}});
  }
  return {{"in_use", rounded(service.capacity_per_worker)},
          {"given", service.capacity->given},
          {"text", service.capacity->text},
          {"kinds", std::move(kinds)}};
}

Json signals_json(const std::vector<SignalReading>& readings) {
  Json list = Json::array();
  for (const SignalReading& reading : readings) {
    list.push_back({{"name", reading.name},
                    {"value", rounded(reading.value)},
                    {"limit", rounded(reading.limit)},
                    {"state", name_of(reading.state())},
                    {"text", reading.words}});
  }
  return list;
}

}  // namespace

std::string iso_text(WallTime time) {
  return rfc3339_text(time);
}

Json json_for(const Decision& decision) {
  Json opinions = Json::array();
  for (const Opinion& opinion : decision.opinions)
    opinions.push_back(
        {{"rule", opinion.rule}, {"workers", opinion.workers}, {"reason", opinion.reason}});
  const auto& moment = decision.moment;
  return {
      {"service", decision.service.text},
      {"at", iso_text(decision.at)},
      {"moment", moment ? Json{{"life", moment->life}, {"order", moment->order}} : Json(nullptr)},
      {"from", decision.from},
      {"to", decision.to},
      {"rule", decision.rule},
      {"reason", decision.reason},
      {"demand", rounded(decision.demand)},
      {"forecast", rounded(decision.forecast)},
      {"forecaster", text_or_null(decision.forecaster)},
      {"lead_time_seconds", rounded(seconds_in(decision.lead_time))},
      {"ready", decision.ready},
      {"starting", decision.starting},
      {"capacity_per_worker", rounded(decision.capacity_per_worker)},
      {"opinions", std::move(opinions)}};
}

Json json_for(const WorkerView& worker) {
  return {{"id", worker.id.text},
          {"service", worker.service.text},
          {"node", worker.node.text},
          {"address", text_or_null(worker.address)},
          {"state", worker.state},
          {"in_flight", worker.in_flight},
          {"release", worker.release.text},
          {"completed_total", worker.completed_total},
          {"failed_total", worker.failed_total},
          {"pid", worker.pid > 0 ? Json(worker.pid) : Json(nullptr)},
          {"start_seconds", rounded(worker.start_seconds)},
          {"failures", worker.failures},
          {"reason", text_or_null(worker.reason)},
          {"last_output", worker.last_output},
          {"cpu_cores", rounded(worker.cpu_cores)},
          {"resident_bytes", or_null(worker.resident_bytes)}};
}

Json json_for(const FeedbackView& feedback) {
  // A shortage goal may be a thousandth, so shares have more decimals than most numbers here.
  const auto share = [](const std::optional<double>& value) -> Json {
    if (!value || !std::isfinite(*value)) return nullptr;
    return std::round(*value * 1e6) / 1e6;
  };
  const auto& start = feedback.start;
  const auto seconds = [&](double StartQuantiles::*quantile) {
    return start ? rounded(*start.*quantile) : Json(nullptr);
  };
  return {{"forecast_error_ratio", share(feedback.forecast_error_ratio)},
          {"forecast_bias", share(feedback.forecast_bias)},
          {"coverage", share(feedback.coverage)},
          {"unserved_share_hour", share(feedback.unserved_share_hour)},
          {"unserved_share_day", share(feedback.unserved_share_day)},
          {"idle_share_hour", share(feedback.idle_share_hour)},
          {"idle_share_day", share(feedback.idle_share_day)},
          {"start_seconds",
           {{"p50", seconds(&StartQuantiles::p50_seconds)},
            {"p90", seconds(&StartQuantiles::p90_seconds)},
            {"p99", seconds(&StartQuantiles::p99_seconds)},
            {"count", feedback.starts_measured}}}};
}

Json json_for(const ServiceView& service) {
  const auto total = [&](std::uint64_t count) { return service.reported ? Json(count) : Json(); };
  Json json = {{"name", service.id.text},
               {"desired", service.desired},
               {"ready", service.ready},
               {"starting", service.starting},
               {"draining", service.draining},
               {"failing", service.failing},
               {"demand", rounded(service.demand)},
               {"forecast", rounded(service.forecast)},
               {"capacity_per_worker", rounded(service.capacity_per_worker)},
               {"min", service.min},
               {"max", service.max},
               {"forecaster", text_or_null(service.forecaster)},
               {"prediction", text_or_null(service.prediction)},
               {"lead_time_seconds", rounded(service.lead_time_seconds)},
               {"service_time_seconds", rounded(service.service_time_seconds)},
               {"release", text_or_null(service.release.text)},
               {"removed", service.removed},
               {"upstreams", service.upstreams},
               {"arrivals_total", total(service.arrivals_total)},
               {"completed_total", total(service.completed_total)},
               {"failed_total", total(service.failed_total)},
               {"refused_total", total(service.refused_total)},
               {"held_total", total(service.held_total)},
               {"held", service.held},
               {"in_flight", service.in_flight}};
  json["paused"] = service.pause.has_value();
  json["pause"] = nullptr;
  if (service.pause)
    json["pause"] = {{"direction", name_of(service.pause->direction)},
                     {"expires_in_s", rounded(service.pause->expires_in_seconds)}};
  json["capacity"] = capacity_json(service);
  json["signals"] = signals_json(service.signals);
  json["no_place"] = text_or_null(service.no_place);
  json["starts_stopped"] =
      service.stopped_starts ? json_for(*service.stopped_starts) : Json(nullptr);
  json["manual"] = nullptr;
  if (service.manual)
    json["manual"] = {{"count", service.manual->count},
                      {"expires_in_s", rounded(service.manual->expires_in_seconds)}};
  json["last_decision"] =
      service.last_decision ? change_json(*service.last_decision) : Json(nullptr);
  json["feedback"] = json_for(service.feedback);
  json["waited_by_cause"] = nullptr;
  if (service.reported && !service.upstreams)
    json["waited_by_cause"] = waits_json(service.feedback);
  json["workers"] = list_of(service.workers);
  return json;
}

Json json_for(const NodeView& node) {
  Json missing = Json::array();
  for (const WorkerId& id : node.missing) missing.push_back(id.text);
  const wire::HostSample sample = node.sample.value_or(wire::HostSample{});
  return {{"name", node.id.text},
          {"address", text_or_null(node.address)},
          {"state", node.state},
          {"draining", node.draining},
          {"version", text_or_null(node.version)},
          {"cpus", rounded(node.cpus)},
          {"cpu_usage", rounded(sample.cpu_usage)},
          {"load_1m", rounded(sample.load_1m)},
          {"memory_bytes",
           node.memory_bytes != 0 ? Json(node.memory_bytes) : or_null(sample.memory_bytes)},
          {"memory_available_bytes", or_null(sample.memory_available_bytes)},
          {"cpu_pressure", rounded(sample.cpu_pressure)},
          {"memory_pressure", rounded(sample.memory_pressure)},
          {"io_pressure", rounded(sample.io_pressure)},
          {"workers", node.workers},
          {"heard_seconds_ago", rounded(node.heard_seconds_ago)},
          {"parse_errors", node.parse_errors},
          {"missing", std::move(missing)}};
}

Json json_for(const BalancerView& balancer) {
  return {{"name", balancer.id.text},
          {"state", balancer.state},
          {"address", text_or_null(balancer.address)},
          {"version", text_or_null(balancer.version)},
          {"traffic", balancer.traffic},
          {"heard_seconds_ago", rounded(balancer.heard_seconds_ago)}};
}

Json json_for(const Notice& notice) {
  return {{"at", iso_text(notice.at)},
          {"kind", notice.kind},
          {"service", text_or_null(notice.service.text)},
          {"node", text_or_null(notice.node.text)},
          {"worker", text_or_null(notice.worker.text)},
          {"text", notice.text},
          {"output", notice.output}};
}

Json json_for(const Forecast& forecast) {
  return {{"forecaster", name_of(forecast.forecaster)},
          {"ahead_seconds", rounded(forecast.ahead_seconds)},
          {"demand", rounded(forecast.point)},
          {"mean", rounded(forecast.mean())},
          {"p50", rounded(forecast.quantile(0.5))},
          {"p90", rounded(forecast.quantile(0.9))},
          {"p99", rounded(forecast.quantile(0.99))},
          {"outcomes", forecast.outcomes.size()}};
}

std::optional<Decision> decision_in(const ServiceId& service, WallTime at,
                                    const std::string& json) {
  const Json stored = Json::parse(json, nullptr, false);
  if (!stored.is_object()) return std::nullopt;
  const auto whole = [&](const char* key) -> std::optional<std::uint32_t> {
    const auto found = stored.find(key);
    if (found == stored.end() || !found->is_number_unsigned()) return std::nullopt;
    return found->get<std::uint32_t>();
  };
  const auto text = [&](const char* key) {
    const auto found = stored.find(key);
    return found != stored.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto from = whole("from"), to = whole("to");
  if (!from || !to) return std::nullopt;
  Decision decision{.service = service, .at = at, .from = *from, .to = *to};
  decision.rule = text("rule");
  decision.reason = text("reason");
  return decision;
}

}  // namespace foretide::coordinator
