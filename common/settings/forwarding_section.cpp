#include "common/settings/forwarding_section.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "common/ascii.hpp"
#include "common/settings/address_ranges.hpp"
#include "common/settings/cluster_keys.hpp"
#include "common/settings/header_names.hpp"

namespace foretide::settings {
namespace {

constexpr std::size_t kFieldsMost = 32;   // set, and removed, of one head
constexpr std::size_t kValueMost = 4096;  // bytes of one field's value
constexpr std::size_t kPrefixMost = 512;

// Framing, routing and what concerns one connection are the balancer's own to write.
constexpr std::array<std::string_view, 10> kOurs{
    "host",    "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te",
    "trailer", "expect",         "proxy-connection"};

bool is_ours(std::string_view name) {
  return std::find(kOurs.begin(), kOurs.end(), lower_case(name)) != kOurs.end();
}

bool may_be_changed(const std::string& name, Position at, Problems& problems) {
  if (!is_header_name(name)) {
    problems.add(at, "'" + name + "' is no name of a header");
    return false;
  }
  if (is_ours(name)) {
    problems.add(at, "'" + name + "' is written by the balancer and cannot be changed here");
    return false;
  }
  return true;
}

std::vector<wire::HeaderField> set_in(const Section& section) {
  std::vector<wire::HeaderField> fields;
  const YamlEntry* entry = section.entry("set");
  if (entry == nullptr) return fields;
  if (entry->value.kind != YamlNode::Kind::kMap || entry->value.entries.size() > kFieldsMost) {
    section.report("set", "'set' is " + shown(entry->value) +
                              ", wants a map of header names to values, at most 32");
    return fields;
  }
  for (const auto& field : entry->value.entries) {
    if (!may_be_changed(field.key, field.key_at, section.problems())) continue;
    const auto value = text_in(field.value, field.key, section.problems());
    if (!value) continue;
    const bool fits =
        value->size() <= kValueMost && std::none_of(value->begin(), value->end(), [](char c) {
          return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
        });
    if (!fits) {
      section.problems().add(field.value.at, "'" + field.key +
                                                 "' has a value with control characters, or one "
                                                 "of more than 4096 bytes");
    }
    fields.push_back({field.key, *value});
  }
  return fields;
}

std::vector<std::string> removed_in(const Section& section) {
  std::vector<std::string> names;
  for (auto& [name, at] : section.texts("remove", kFieldsMost)) {
    if (may_be_changed(name, at, section.problems())) names.push_back(std::move(name));
  }
  return names;
}

std::string prefix_in(const Section& section, std::string_view key) {
  const auto prefix = section.text(key);
  if (!prefix) return "";
  const bool fits = prefix->starts_with('/') && prefix->size() <= kPrefixMost &&
                    prefix->find_first_of(" ?#\t\r\n") == std::string::npos;
  if (!fits) {
    section.report(key, "'" + std::string(key) + "' is " + shown(section.entry(key)->value) +
                            ", wants the beginning of a path such as /api");
  }
  return *prefix;
}

}  // namespace

void read_forwarding(const Section& service, wire::TrafficPolicy& policy) {
  if (const auto retry = service.section("retry", keys::kRetry)) {
    policy.retries = retry->whole("attempts", {0, 10}).value_or(policy.retries);
    policy.retry_budget = retry->share("budget", {0.0, 1.0}).value_or(policy.retry_budget);
  }
  if (const auto request = service.section("request", keys::kRequest)) {
    policy.body_max_bytes = request->bytes("body_max").value_or(policy.body_max_bytes);
    policy.request = {.strip_prefix = prefix_in(*request, "strip_prefix"),
                      .add_prefix = prefix_in(*request, "add_prefix"),
                      .remove = removed_in(*request),
                      .set = set_in(*request)};
  }
  if (const auto response = service.section("response", keys::kResponse)) {
    policy.response = {.strip_prefix = {},
                       .add_prefix = {},
                       .remove = removed_in(*response),
                       .set = set_in(*response)};
  }
  policy.allow = address_ranges_in(service, "allow");
  policy.https_only = service.flag("https_only").value_or(policy.https_only);
}

}  // namespace foretide::settings
