#include "deploy/cli/service_words.hpp"

#include "coordinator/core/text.hpp"
#include "deploy/cli/json_fields.hpp"

namespace foretide::cli {

using nlohmann::json;

namespace {

// An older coordinator says nothing of it.
json object_in(const json& of, const char* key) {
  return of.is_object() ? of.value(key, json()) : json();
}

}  // namespace

std::string words_on_pause(const json& service) {
  const json pause = object_in(service, "pause");
  if (!pause.is_object()) return {};
  const bool down = text_in(pause, "direction") == "down";
  std::string words = down ? "paused downwards" : "paused";
  if (const auto left = number_in(pause, "expires_in_s")) {
    words += " for " + duration_text(*left) + " more";
  }
  return words + (down ? ": no rule removes workers" : ": no rule changes the number of workers");
}

std::string words_on_manual(const json& service) {
  const json manual = object_in(service, "manual");
  if (!manual.is_object()) return {};
  const auto count = static_cast<std::uint64_t>(count_in(manual, "count"));
  std::string words = "held at " + coordinator::counted(count, "worker", "workers") + " by hand";
  if (const auto left = number_in(manual, "expires_in_s")) {
    words += " for " + duration_text(*left) + " more";
  }
  return words;
}

std::string words_when_no_longer(const char* held_or_paused, const std::string& name,
                                 const json& service) {
  const std::string still = name + " is not " + held_or_paused + " any more, and still ";
  if (const std::string manual = words_on_manual(service); !manual.empty()) {
    return still + manual + "; 'foretide scale " + name + " --auto' ends that";
  }
  if (const std::string pause = words_on_pause(service); !pause.empty()) {
    return still + pause + "; 'foretide resume " + name + "' ends that";
  }
  return name + " follows demand again";
}

std::string words_on_starts(const json& service) {
  const json stopped = object_in(service, "starts_stopped");
  return stopped.is_object() ? text_in(stopped, "text") : std::string();
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(seconds);
  if (whole < 60) return std::to_string(whole) + "s";
  if (whole < 3600) return std::to_string(whole / 60) + "m" + std::to_string(whole % 60) + "s";
  return std::to_string(whole / 3600) + "h" + std::to_string(whole % 3600 / 60) + "m";
}

}  // namespace foretide::cli
