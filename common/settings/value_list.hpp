// Collects setting values, each type written as settings files write it. Part of setting_values and
// front_values; nothing else includes it.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/settings/setting_values.hpp"

namespace foretide::settings {

class ValueList {
 public:
  using Kind = SettingValue::Kind;

  void text(std::string key, std::string value) { add(std::move(key), std::move(value)); }
  // Not given: no value.
  void given(std::string key, const std::string& value);
  void flag(std::string key, bool value) { add(std::move(key), value ? "true" : "false"); }
  void whole(std::string key, std::uint64_t value) { add(std::move(key), std::to_string(value)); }
  void whole(std::string key, const std::optional<std::uint32_t>& value);
  void number(std::string key, double value);
  void share(std::string key, double value);
  void duration(std::string key, std::chrono::milliseconds value);
  void bytes(std::string key, std::uint64_t value);
  void items(const std::string& key, const std::vector<std::string>& values);
  // A list whose order matters; an empty one is not given.
  void list(std::string key, const std::vector<std::string>& values);
  void secret(std::string key, const std::string& value);
  void add(std::string key, std::string text, Kind kind = Kind::kOne);

  std::vector<SettingValue> take() { return std::move(values_); }

 private:
  std::vector<SettingValue> values_;
};

}  // namespace foretide::settings
