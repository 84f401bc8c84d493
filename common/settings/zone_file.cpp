#include "common/settings/zone_file.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "common/ascii.hpp"
#include "common/settings/near_word.hpp"
#include "common/settings/source_text.hpp"
#include "common/settings/zone_data.hpp"

namespace foretide::settings {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameMost = 100;

// A relative path of plain names, so that it stays in the folder.
bool is_zone_name(const std::string& name) {
  const auto fits = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= kNameMost && name.front() != '/' &&
         std::all_of(name.begin(), name.end(), fits);
}

// The names that there are; "posix/" and "right/" hold the same ones once more.
std::vector<std::string> zone_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error, of_file;
  for (auto at = fs::recursive_directory_iterator(folder, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const std::string name = at->path().lexically_relative(folder).string();
    if (name == "posix" || name == "right") at.disable_recursion_pending();
    if (at->is_regular_file(of_file) && is_zone_name(name)) names.push_back(name);
  }
  return names;
}

std::string hint_for(const std::string& name, const std::string& folder) {
  const auto known = zone_names(folder);
  std::vector<std::string_view> words(known.begin(), known.end());
  const auto near = near_word(name, words);
  if (near) return "did you mean '" + std::string(*near) + "'?";
  return "wants UTC or a name of the time zone database such as Europe/Berlin";
}

}  // namespace

Result<TimeZone> zone_named(const std::string& name, const std::string& folder) {
  if (name == TimeZone{}.name) return TimeZone{};
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return Error{"but this host has no time zones (" + folder + "), install tzdata, or use UTC"};
  }
  const std::string path = folder + "/" + name;
  if (!is_zone_name(name) || !fs::is_regular_file(path, error)) {
    return Error{"which is no time zone, " + hint_for(name, folder)};
  }
  const auto bytes = file_text(path);
  if (!bytes) return Error{"but " + bytes.error()};
  auto zone = zone_in(*bytes, name);
  if (zone) return zone;
  return Error{"but " + path + " is no time zone file (" + zone.error() +
               "), install tzdata anew, or use UTC"};
}

}  // namespace foretide::settings
