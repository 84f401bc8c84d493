#include "coordinator/io/queue_answer.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "common/ascii.hpp"
#include "common/settings/numbers.hpp"

namespace foretide::coordinator {
namespace {

using Json = nlohmann::json;

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

const Json* member_of(const Json& json, const std::string& key) {
  if (json.is_object()) {
    const auto found = json.find(key);
    return found == json.end() ? nullptr : &*found;
  }
  std::size_t index = 0;
  const char* const end = key.data() + key.size();
  const auto [parsed, problem] = std::from_chars(key.data(), end, index);
  const bool is_there =
      json.is_array() && problem == std::errc{} && parsed == end && index < json.size();
  return is_there ? &json[index] : nullptr;
}

const Json* at_path(const Json& json, std::string_view path) {
  const Json* here = &json;
  while (here != nullptr && !path.empty()) {
    const std::string_view key = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), key.size() + 1));
    here = member_of(*here, std::string(key));
  }
  return here;
}

Result<double> in_json(const std::string& body, const std::string& field) {
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return Error{"is no JSON"};
  const Json* value = at_path(json, field);
  if (value == nullptr) return Error{"has no " + field};
  if (value->is_number()) return value->get<double>();
  const auto number = value->is_string()
                          ? settings::parse_any_number(value->get_ref<const std::string&>())
                          : std::optional<double>();
  if (!number) return Error{"has a " + field + " that is no number"};
  return *number;
}

Result<double> in_metrics(const std::string& body, const MetricSelector& metric) {
  const auto sums = metric_sums_in(body, std::array{metric});
  if (!sums) return Error{"cannot be read: " + sums.error()};
  if (!sums->front()) return Error{"has no " + selector_text(metric)};
  return *sums->front();
}

}  // namespace

Result<double> queue_length_in(const std::string& body, const QueueDepth& queue) {
  if (queue.metric) return in_metrics(body, *queue.metric);
  if (!queue.field.empty()) return in_json(body, queue.field);
  const auto number = settings::parse_any_number(without_blanks(body));
  if (!number) return Error{"is no number; of JSON, field: says where it stands"};
  return *number;
}

}  // namespace foretide::coordinator
