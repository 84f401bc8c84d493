#include "coordinator/io/openapi_schemas.hpp"

#include "coordinator/core/causes.hpp"

namespace foretide::coordinator {
namespace {

using Json = nlohmann::ordered_json;

Json number(const char* meaning) {
  return {{"type", Json::array({"number", "null"})}, {"description", meaning}};
}

Json count(const char* meaning) {
  return {{"type", "integer"}, {"minimum", 0}, {"description", meaning}};
}

Json error_schema() {
  return {{"type", "object"},
          {"required", Json::array({"error"})},
          {"properties", {{"error", {{"type", "string"}}}}}};
}

Json start_schema() {
  return {{"type", "object"},
          {"description", "From exec to ready, of the last starts."},
          {"properties",
           {{"p50", number("seconds")},
            {"p90", number("seconds")},
            {"p99", number("seconds")},
            {"count", count("How many starts these are of, at most 32.")}}}};
}

Json feedback_schema() {
  const char* unserved = "Share of the demand that found no free worker.";
  const char* idle = "Share of what ready workers could have carried that nobody asked for.";
  return {{"type", "object"},
          {"description", "What came of the decisions about a service."},
          {"properties",
           {{"forecast_error_ratio",
             number("Mean error of the forecasts over that of the last value known when they were "
                    "given: below 1, looking ahead helps.")},
            {"forecast_bias", number("By what share of the load they were too high.")},
            {"coverage",
             number("Share of time whose load the workers that prediction asked for could have "
                    "carried.")},
            {"unserved_share_hour", number(unserved)},
            {"unserved_share_day", number(unserved)},
            {"idle_share_hour", number(idle)},
            {"idle_share_day", number(idle)},
            {"start_seconds", start_schema()}}}};
}

Json waits_schema() {
  Json causes = Json::object();
  for (std::size_t i = 0; i < kCauses; ++i) {
    causes[name_of(static_cast<Cause>(i))] = count("requests");
  }
  return {{"type", Json::array({"object", "null"})},
          {"description",
           "Requests that waited for a worker or were refused, by what would have helped, since "
           "the coordinator began."},
          {"properties", std::move(causes)}};
}

Json capacity_schema() {
  const Json kind{{"type", "object"},
                  {"properties",
                   {{"cpus", number("That a worker may use there.")},
                    {"learned", number("Capacity that was learned, once it was sure.")},
                    {"knee", number("Load from which on requests wait for one another.")},
                    {"standard_error", number("Of the knee.")},
                    {"at_least", number("What was served well, where no knee was seen.")},
                    {"confidence", {{"enum", Json::array({"none", "low", "good"})}}},
                    {"by",
                     {{"enum", Json::array({"service times", "held requests", "CPU", nullptr})},
                      {"description", "What the knee was seen by."}}}}}};
  return {{"type", Json::array({"object", "null"})},
          {"description", "What one worker serves well, in requests in flight; null of upstreams."},
          {"properties",
           {{"in_use", number("What is reckoned with.")},
            {"given", {{"type", "boolean"}, {"description", "By the cluster file."}}},
            {"text", {{"type", "string"}}},
            {"kinds",
             {{"type", "array"},
              {"description", "What was learned for each kind of node."},
              {"items", kind}}}}}};
}

Json service_schema() {
  return {{"type", "object"},
          {"properties",
           {{"name", {{"type", "string"}}},
            {"desired", count("Workers that there should be.")},
            {"ready", count("Workers that take requests.")},
            {"demand", number("Load, in requests in flight had none waited.")},
            {"forecast", number("Load expected when a worker asked for now would be ready.")},
            {"capacity", capacity_schema()},
            {"feedback", schema_named("Feedback")},
            {"waited_by_cause", waits_schema()}}}};
}

}  // namespace

Json openapi_schemas() {
  return {
      {"Error", error_schema()}, {"Feedback", feedback_schema()}, {"Service", service_schema()}};
}

}  // namespace foretide::coordinator
