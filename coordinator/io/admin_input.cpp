#include "coordinator/io/admin_input.hpp"

#include <nlohmann/json.hpp>

#include "common/rfc3339.hpp"
#include "common/settings/durations.hpp"
#include "common/settings/numbers.hpp"

namespace foretide::coordinator {

using Json = nlohmann::ordered_json;

namespace {

Result<Duration> expiry_in(const std::string& key, const Json& value) {
  const auto length =
      value.is_string() ? settings::parse_duration(value.get<std::string>()) : std::nullopt;
  if (!length || length->count() <= 0)
    return Error{"\"" + key +
                 "\" must be a length of time above 0, as text: " + settings::kDurationGrammar};
  return Duration(*length);
}

// curl calls whatever it sends a form, so what begins like JSON is taken for that.
Json fields_in(const AdminRequest& request) {
  if (request.body.starts_with('{')) return Json::parse(request.body, nullptr, false);
  if (request.content_type.find("form-urlencoded") == std::string::npos) return nullptr;
  Json fields = Json::object();
  for (const auto& [key, value] : request.form()) fields[key] = value;
  return fields;
}

}  // namespace

bool fits(std::string_view pattern, std::string_view path, std::string& name) {
  constexpr std::string_view kName = "{name}";
  const std::size_t hole = pattern.find(kName);
  if (hole == std::string_view::npos) return pattern == path;
  const std::string_view before = pattern.substr(0, hole),
                         behind = pattern.substr(hole + kName.size());
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) ||
      !path.ends_with(behind))
    return false;
  const std::string_view middle =
      path.substr(before.size(), path.size() - before.size() - behind.size());
  if (middle.find('/') != std::string_view::npos) return false;
  name = middle;
  return true;
}

Result<DecisionsAsked> decisions_in(const std::map<std::string, std::string>& query,
                                    CountLimits limits) {
  DecisionsAsked asked{.limit = limits.otherwise};
  if (const auto given = query.find("limit"); given != query.end()) {
    const auto number = settings::parse_number(given->second);
    if (!number || *number < 1 || *number > limits.most || *number != std::floor(*number))
      return Error{"limit must be a whole number from 1 to " + std::to_string(limits.most)};
    asked.limit = static_cast<std::uint32_t>(*number);
  }
  for (const char* key : {"before", "after"}) {
    const auto given = query.find(key);
    if (given == query.end()) continue;
    const auto time = parse_rfc3339(given->second);
    if (!time) return Error{std::string(key) + " must be a time such as 2026-11-28T14:05:30Z"};
    (*key == 'a' ? asked.after.emplace() : asked.until) = *time;
  }
  if (query.contains("before") && query.contains("after"))
    return Error{"before and after exclude each other, send one of them"};
  return asked;
}

Result<ScaleAsked> scale_in(const std::string& body) {
  constexpr const char* kExample =
      "send {\"count\": 3, \"for\": \"10m\"}, or {\"count\": null} to end it";
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("count"))
    return Error{std::string("the body must be a JSON object with \"count\": ") + kExample};
  for (const auto& [key, value] : json.items()) {
    if (key != "count" && key != "for")
      return Error{"'" + key + "' is not known here: " + kExample};
  }
  ScaleAsked asked;
  const Json& count = json["count"];
  constexpr std::uint64_t kMost = 1'000'000;  // what the service may have is told apart
  if (count.is_number_unsigned() && count.get<std::uint64_t>() <= kMost)
    asked.count = count.get<std::uint32_t>();
  else if (!count.is_null())
    return Error{"\"count\" must be a whole number of workers, or null"};
  if (!json.contains("for") || json["for"].is_null()) return asked;
  const auto length = expiry_in("for", json["for"]);
  if (!length) return Error{length.error()};
  asked.expires_after = *length;
  return asked;
}

Result<PauseAsked> pause_in(const AdminRequest& request) {
  constexpr const char* kExample = R"(send {"direction": "down", "for": "2h"}, or neither)";
  PauseAsked asked;
  if (request.body.empty()) return asked;
  const Json json = fields_in(request);
  if (!json.is_object()) return Error{std::string("the body is no JSON object: ") + kExample};
  for (const auto& [key, value] : json.items()) {
    if (key == "direction" && (value == "both" || value == "down")) {
      asked.direction = value == "down" ? PauseDirection::kDown : PauseDirection::kBoth;
    } else if (key == "direction") {
      return Error{R"("direction" must be "both" (no rule changes the number) or "down" (no rule )"
                   R"(removes workers))"};
    } else if (key == "for" || key == "expires_after") {
      const auto length = expiry_in(key, value);
      if (!length) return Error{length.error()};
      asked.expires_after = *length;
    } else {
      return Error{"'" + key + "' is not known here: " + kExample};
    }
  }
  return asked;
}

Result<bool> drain_in(const std::string& body) {
  if (body.empty()) return true;
  const Json json = Json::parse(body, nullptr, false);
  const auto draining = json.is_object() ? json.find("draining") : json.end();
  if (!json.is_object() || json.size() != 1 || draining == json.end() || !draining->is_boolean())
    return Error{R"(send {"draining": true}, or {"draining": false} to end it)"};
  return draining->get<bool>();
}

Result<TokenAsked> token_in(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  const Json role = json.is_object() ? json.value("role", Json()) : Json();
  const Json name = json.is_object() ? json.value("name", Json("")) : Json();
  if ((role != "agent" && role != "balancer") || !(name.is_string() || name.is_null()))
    return Error{
        R"(send {"role": "agent"} or {"role": "balancer"}, with a "name" if you choose it here)"};
  return TokenAsked{role == "agent" ? wire::Role::kAgent : wire::Role::kBalancer,
                    name.is_string() ? name.get<std::string>() : std::string()};
}

}  // namespace foretide::coordinator
