#include "deploy/cli/feedback_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "deploy/cli/json_fields.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;

struct CauseWords {
  const char* name;
  const char* words;
};
constexpr CauseWords kCauses[] = {
    {"forecast", "because workers were asked for too late or too few"},
    {"start_failed", "because workers failed to start"},
    {"at_max", "because the cluster file allows no more or no faster"},
    {"no_host", "because no node could take a worker"},
    {"frozen", "because of a pause or a count by hand"},
    {"woken", "while the service woke from zero"}};

json object_in(const json& from, const char* key) {
  const auto found = from.is_object() ? from.find(key) : from.end();
  return from.is_object() && found != from.end() && found->is_object() ? *found : json::object();
}

// "3.1 %"; small shares keep two figures.
std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, std::abs(share) < 0.01 ? "%.2g %%" : "%.1f %%", share * 100.0);
  return text;
}

void join(std::string& to, const std::string& part) {
  if (part.empty()) return;
  to += (to.empty() ? "" : "; ") + part;
}

std::string forecasts_text(const json& feedback) {
  std::string text;
  if (const auto ratio = number_in(feedback, "forecast_error_ratio")) {
    text = "forecasts missed by " + number_text(ratio, 2) + " of what the last value would have";
  }
  if (const auto bias = number_in(feedback, "forecast_bias")) {
    const std::string by = percent(std::abs(*bias));
    text +=
        (text.empty() ? "forecasts were " : ", ") + by + (*bias < 0.0 ? " too low" : " too high");
  }
  if (const auto coverage = number_in(feedback, "coverage")) {
    join(text, "the workers they asked for sufficed " + percent(*coverage) + " of the time");
  }
  return text;
}

std::string starts_text(const json& feedback) {
  const json starts = object_in(feedback, "start_seconds");
  const auto half = number_in(starts, "p50"), most = number_in(starts, "p90"),
             nearly_all = number_in(starts, "p99");
  if (!half || !most || !nearly_all) return "";
  return "starts take " + number_text(half) + " s, one in ten above " + number_text(most) +
         " s, one in a hundred above " + number_text(nearly_all) + " s";
}

// "3.1 % of the demand found no free worker in the last hour, 0.2 % in the last day"
std::string share_text(const json& feedback, const std::string& name, const char* what) {
  std::string text;
  for (const auto& [key, window] : {std::pair("_hour", "hour"), std::pair("_day", "day")}) {
    const auto share = number_in(feedback, (name + key).c_str());
    if (!share) continue;
    text += text.empty() ? percent(*share) + what : ", " + percent(*share);
    text += std::string(" in the last ") + window;
  }
  return text;
}

std::string waits_text(const json& service) {
  const json waits = object_in(service, "waited_by_cause");
  std::vector<std::pair<std::uint64_t, const char*>> causes;
  for (const CauseWords& cause : kCauses) {
    const std::uint64_t count = count_in(waits, cause.name);
    if (count > 0) causes.emplace_back(count, cause.words);
  }
  std::stable_sort(causes.begin(), causes.end(),
                   [](const auto& one, const auto& other) { return one.first > other.first; });
  std::string text;
  for (const auto& [count, words] : causes) {
    const std::string number = std::to_string(count);
    const char* were =
        count == 1 ? " request waited or was refused " : " requests waited or were refused ";
    text += text.empty() ? number + were : ", " + number + " ";
    text += words;
  }
  return text;
}

}  // namespace

std::vector<std::string> feedback_lines(const json& service) {
  const json feedback = object_in(service, "feedback");
  std::vector<std::string> lines;
  std::string looking_ahead = forecasts_text(feedback);
  join(looking_ahead, starts_text(feedback));
  if (!looking_ahead.empty()) lines.push_back("looking back: " + looking_ahead);
  std::string supply =
      share_text(feedback, "unserved_share", " of the demand found no free worker");
  join(supply, share_text(feedback, "idle_share", " of the workers' time was idle"));
  join(supply, waits_text(service));
  if (!supply.empty()) lines.push_back("supply: " + supply);
  return lines;
}

}  // namespace foretide::cli
