#include "common/settings/schema.hpp"

#include <algorithm>

#include "common/settings/near_word.hpp"

namespace foretide::settings {

namespace {

bool contains(const std::vector<std::string_view>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::string in_quotes(std::string_view text) {
  return "'" + std::string(text) + "'";
}

constexpr std::size_t kTextMost = std::size_t{32} * 1024;  // the wire takes 64 KiB

// In quotes, on one line, cut behind 60 bytes at the end of a character.
std::string shown_text(const std::string& whole) {
  constexpr std::size_t kShownMost = 60;
  std::string text = whole.substr(0, kShownMost);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::replace_if(text.begin(), text.end(), is_control, '?');
  if (whole.size() <= kShownMost) return in_quotes(text);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0) text.pop_back();
  return in_quotes(text + "…");
}

void refuse_unknown_keys(const YamlNode& node, const Keys& keys, Problems& problems) {
  std::vector<std::string_view> all = keys.built;
  all.insert(all.end(), keys.unbuilt.begin(), keys.unbuilt.end());
  for (const auto& entry : node.entries) {
    if (contains(keys.built, entry.key)) continue;
    if (contains(keys.unbuilt, entry.key)) {
      problems.add(entry.key_at, in_quotes(entry.key) + " is not built yet, remove it");
      continue;
    }
    const auto near = near_word(entry.key, all);
    problems.add(entry.key_at, "unknown key " + shown_text(entry.key) + " in " +
                                   std::string(keys.told_as) + ", " +
                                   (near ? "did you mean " + in_quotes(*near) + "?"
                                         : "known here: " + listed(keys.built)));
  }
}

// `{port}` without quotes is a map with one key that has no value.
bool is_bare_placeholder(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kMap && node.flow && node.entries.size() == 1 &&
         node.entries[0].value.kind == YamlNode::Kind::kNothing;
}

}  // namespace

std::string shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNothing:
      return "nothing";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
    case YamlNode::Kind::kScalar:
      break;
  }
  return shown_text(node.text);
}

std::optional<std::string> text_in(const YamlNode& node, std::string_view name,
                                   Problems& problems) {
  const std::string subject = in_quotes(name);
  if (node.kind == YamlNode::Kind::kNothing) {
    problems.add(node.at,
                 subject + " has no value, remove it or write one (\"\" for an empty text)");
  } else if (is_bare_placeholder(node)) {
    problems.add(node.at,
                 subject +
                     " begins with a brace, which YAML takes for a map, put it in quotes: \"{" +
                     node.entries[0].key + "}\"");
  } else if (node.kind != YamlNode::Kind::kScalar) {
    problems.add(node.at, subject + " is " + shown(node) + ", wants a text");
  } else if (node.text.size() > kTextMost) {
    problems.add(node.at, subject + " is longer than 32 KiB, put it into a file on the hosts");
  } else if (node.text.find('\0') != std::string::npos) {
    problems.add(node.at, subject + " holds a zero character, remove it");
  } else {
    return node.text;
  }
  return std::nullopt;
}

Section::Section(const YamlNode& node, std::string_view name, const Keys& keys, Problems& problems)
    : node_(node), problems_(problems) {
  if (node.kind == YamlNode::Kind::kMap) {
    refuse_unknown_keys(node, keys, problems);
  } else if (node.kind == YamlNode::Kind::kNothing) {
    problems.add(node.at, in_quotes(name) +
                              " has no value, remove it or give it some of: " + listed(keys.built));
  } else {
    problems.add(node.at, in_quotes(name) + " is " + shown(node) +
                              ", wants a map with some of: " + listed(keys.built));
  }
}

void Section::report(std::string_view key, std::string what) const {
  const YamlEntry* found = entry(key);
  problems_.add(found != nullptr ? found->key_at : node_.at, std::move(what));
}

bool Section::require(std::string_view key, std::string_view hint) const {
  if (has(key)) return true;
  const auto misspelt = [&](const YamlEntry& found) {
    return near_word(found.key, std::span(&key, 1)).has_value();
  };
  if (node_.kind == YamlNode::Kind::kMap &&
      std::none_of(node_.entries.begin(), node_.entries.end(), misspelt)) {
    problems_.add(node_.at, in_quotes(key) + " is missing, " + std::string(hint));
  }
  return false;
}

std::optional<std::string> Section::text(std::string_view key) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  return text_in(found->value, key, problems_);
}

std::optional<Section> Section::section(std::string_view key, const Keys& keys) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  return Section(found->value, key, keys, problems_);
}

}  // namespace foretide::settings
