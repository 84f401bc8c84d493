// The getters of Section that turn a text into a number, a duration, a size, a word or an address.
#include <algorithm>
#include <charconv>

#include "common/settings/byte_sizes.hpp"
#include "common/settings/durations.hpp"
#include "common/settings/near_word.hpp"
#include "common/settings/numbers.hpp"
#include "common/settings/schema.hpp"

namespace foretide::settings {

namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool is_v6_character(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.' || c == '%';
}

bool is_host(std::string_view host) {
  if (host.size() > 253) return false;
  return host.find(':') == std::string_view::npos
             ? std::all_of(host.begin(), host.end(), is_name_character)
             : std::all_of(host.begin(), host.end(), is_v6_character);
}

// The path of a unix socket; the kernel takes 107 bytes of it. Control characters would end up in
// the log.
bool is_socket_path(std::string_view path) {
  constexpr std::size_t kPathMax = 107;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return path.starts_with('/') && !path.ends_with('/') && path.size() <= kPathMax &&
         std::none_of(path.begin(), path.end(), is_control);
}

std::optional<Address> address_in(const YamlNode& node, std::string_view name, AddressUse use,
                                  Problems& problems) {
  const auto text = text_in(node, name, problems);
  if (!text) return std::nullopt;
  if (use == AddressUse::kServe && text->starts_with("unix:")) {
    Address socket{*text, 0};
    if (is_socket_path(socket.unix_path())) return socket;
    problems.add(node.at, "'" + std::string(name) + "' is " + shown(node) +
                              ", wants unix: and a whole path of at most 107 bytes, such as "
                              "unix:/run/foretide/traffic.sock");
    return std::nullopt;
  }
  auto address = parse_address(*text);
  if (!address || !is_host(address->host)) {
    problems.add(node.at, "'" + std::string(name) + "' is " + shown(node) +
                              ", wants host:port such as 127.0.0.1:8080 or [::1]:8080");
    return std::nullopt;
  }
  if (use != AddressUse::kDial) {
    if (address->host.empty()) address->host = "0.0.0.0";
    return address;
  }
  if (address->host.empty() || address->port == 0) {
    problems.add(node.at, "'" + std::string(name) + "' is " + shown(node) +
                              ", wants a host and a port from 1 to 65535");
    return std::nullopt;
  }
  return address;
}

// Reports that `entry` is not what is wanted; the caller has nothing to read then.
std::nullopt_t refuse(const YamlEntry& entry, const std::string& wanted, Problems& problems) {
  const bool is_nothing = entry.value.kind == YamlNode::Kind::kNothing;
  problems.add(entry.value.at, "'" + entry.key + "' " +
                                   (is_nothing ? "has no value" : "is " + shown(entry.value)) +
                                   (entry.value.quoted ? " in quotes" : "") + ", wants " + wanted);
  return std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> Section::whole(std::string_view key,
                                            Range<std::uint32_t> range) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  const std::string& text = found->value.text;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool read = found->value.kind == YamlNode::Kind::kScalar && !found->value.quoted &&
                    error == std::errc{} && end == text.data() + text.size();
  if (read && value >= range.least && value <= range.most) return value;
  return refuse(
      *found,
      "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most),
      problems_);
}

std::optional<double> Section::number(std::string_view key, Range<double> range) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  const auto value = found->value.quoted ? std::nullopt : parse_number(found->value.text);
  if (value && *value >= range.least && *value <= range.most) return value;
  return refuse(*found,
                "a number from " + number_text(range.least) + " to " + number_text(range.most),
                problems_);
}

std::optional<double> Section::share(std::string_view key, Range<double> range) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  const auto value = parse_share(found->value.text);
  if (value && *value >= range.least && *value <= range.most) return value;
  return refuse(*found,
                "a share such as 1% or 0.01, from " + share_text(range.least) + " to " +
                    share_text(range.most),
                problems_);
}

std::optional<std::chrono::milliseconds> Section::duration(
    std::string_view key, Range<std::chrono::milliseconds> range) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  const auto value = parse_duration(found->value.text);
  if (found->value.kind != YamlNode::Kind::kScalar || !value) {
    return refuse(*found, "a duration with its unit, such as 500ms, 30s, 5m or 1h", problems_);
  }
  if (*value >= range.least && *value <= range.most) return value;
  return refuse(
      *found, "a duration from " + duration_text(range.least) + " to " + duration_text(range.most),
      problems_);
}

std::optional<std::uint64_t> Section::bytes(std::string_view key) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  const auto value = parse_byte_size(found->value.text);
  if (found->value.kind == YamlNode::Kind::kScalar && value) return value;
  return refuse(*found, "a size with its unit, such as 512MiB, 2GiB or 1GB", problems_);
}

std::optional<bool> Section::flag(std::string_view key) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  if (found->value.kind == YamlNode::Kind::kScalar && !found->value.quoted) {
    if (found->value.text == "true") return true;
    if (found->value.text == "false") return false;
  }
  return refuse(*found, "true or false", problems_);
}

std::optional<std::size_t> Section::choice(std::string_view key,
                                           std::span<const std::string_view> words,
                                           std::span<const std::string_view> unbuilt) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  const auto value = text_in(found->value, key, problems_);
  if (!value) return std::nullopt;
  const auto at = std::find(words.begin(), words.end(), *value);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  std::string known;
  for (const auto word : words) known += (known.empty() ? "" : ", ") + std::string(word);
  if (std::find(unbuilt.begin(), unbuilt.end(), *value) != unbuilt.end()) {
    problems_.add(found->value.at,
                  "'" + std::string(key) + ": " + *value + "' is not built yet, use " + known);
    return std::nullopt;
  }
  const auto near = near_word(*value, words);
  return refuse(
      *found,
      near ? "one of " + known + ", did you mean '" + std::string(*near) + "'?" : "one of " + known,
      problems_);
}

std::vector<std::pair<std::string, Position>> Section::texts(std::string_view key,
                                                             std::size_t most) const {
  std::vector<std::pair<std::string, Position>> found;
  const YamlEntry* list = entry(key);
  if (list == nullptr) return found;
  const auto take = [&](const YamlNode& node) {
    if (auto text = text_in(node, key, problems_)) found.emplace_back(*std::move(text), node.at);
  };
  if (list->value.kind != YamlNode::Kind::kList) {
    take(list->value);
    return found;
  }
  if (list->value.items.size() > most) {
    problems_.add(list->value.at, "'" + std::string(key) + "' has " +
                                      std::to_string(list->value.items.size()) +
                                      " entries, at most " + std::to_string(most));
  }
  for (const auto& item : list->value.items) take(item);
  return found;
}

std::optional<Address> Section::address(std::string_view key, AddressUse use) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  return address_in(found->value, key, use, problems_);
}

std::vector<std::pair<Address, Position>> Section::addresses(std::string_view key,
                                                             AddressUse use) const {
  std::vector<std::pair<Address, Position>> found;
  const YamlEntry* list = entry(key);
  if (list == nullptr) return found;
  const auto take = [&](const YamlNode& node) {
    if (auto address = address_in(node, key, use, problems_)) found.emplace_back(*address, node.at);
  };
  if (list->value.kind != YamlNode::Kind::kList) {
    take(list->value);
    return found;
  }
  if (list->value.items.empty()) {
    problems_.add(list->value.at,
                  "'" + std::string(key) + "' is an empty list, wants at least one host:port");
  }
  for (const auto& item : list->value.items) take(item);
  return found;
}

}  // namespace foretide::settings
