// What several verbs say of a service in the same words, from the admin API's answer about it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace foretide::cli {

// "paused downwards for 1h59m more: no rule removes workers"; empty when it is not paused.
std::string words_on_pause(const nlohmann::json& service);

// "held at 6 workers by hand for 43s more"; empty when it is not.
std::string words_on_manual(const nlohmann::json& service);

// After one of the two was ended, "paused" or "held": what still keeps it from following demand,
// and how to end that too; or that it follows demand again.
std::string words_when_no_longer(const char* held_or_paused, const std::string& name,
                                 const nlohmann::json& service);

// "starts stopped: 4 of the last 5 starts of release 3f2a failed: …"; empty when they are not.
std::string words_on_starts(const nlohmann::json& service);

// "59s", "12m5s", "2h0m".
std::string duration_text(double seconds);

}  // namespace foretide::cli
