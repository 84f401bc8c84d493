#include "common/settings/value_list.hpp"

#include <cmath>

#include "common/settings/byte_sizes.hpp"
#include "common/settings/durations.hpp"
#include "common/settings/numbers.hpp"

namespace foretide::settings {
void ValueList::add(std::string key, std::string text, Kind kind) {
  values_.push_back({std::move(key), std::move(text), kind});
}

void ValueList::given(std::string key, const std::string& value) {
  if (!value.empty()) add(std::move(key), value);
}

void ValueList::whole(std::string key, const std::optional<std::uint32_t>& value) {
  if (value) whole(std::move(key), std::uint64_t{*value});
}

void ValueList::number(std::string key, double value) {
  add(std::move(key), number_text(value));
}

void ValueList::share(std::string key, double value) {
  add(std::move(key), share_text(value));
}

void ValueList::duration(std::string key, std::chrono::milliseconds value) {
  add(std::move(key), duration_text(value));
}

void ValueList::bytes(std::string key, std::uint64_t value) {
  add(std::move(key), byte_size_text(value));
}

void ValueList::items(const std::string& key, const std::vector<std::string>& values) {
  for (const std::string& value : values) add(key, value, Kind::kItem);
}

void ValueList::list(std::string key, const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
  given(std::move(key), text);
}

void ValueList::secret(std::string key, const std::string& value) {
  const bool is_reference = value.starts_with("${") && value.find('}') == value.size() - 1;
  add(std::move(key), value, is_reference ? Kind::kOne : Kind::kSecret);
}

}  // namespace foretide::settings
