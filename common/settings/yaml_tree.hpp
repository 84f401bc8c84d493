// A settings file as a tree in which everything knows where it stands.
//
// The subset of YAML that settings need: one document of maps, lists and scalars. Refused, each
// with its position: aliases, anchors, tags, further documents, keys that are not plain text, a key
// given twice in one map (the first is kept), more than 32 levels. Scalars stay text here; what
// they mean is decided by who reads them, so that `off` or `1e3` is never turned into something its
// writer did not say. A syntax error ends the parse and comes alone, and so does an alias, as the
// rest of such a file means nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/settings/positions.hpp"

namespace foretide::settings {

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNothing, kScalar, kList, kMap };
  Kind kind = Kind::kNothing;
  Position at;          // of a kNothing in a map: its key's
  std::string text;     // kScalar
  bool quoted = false;  // kScalar: in quotes or a block, so never a number
  bool flow = false;    // kList, kMap: written in brackets
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  // in the file's order, each key once

  const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Position key_at;
  YamlNode value;
};

// Nothing when the text is no YAML at all; the problems say why. A text without content is
// kNothing.
std::optional<YamlNode> yaml_tree_for(std::string_view yaml, Problems& problems);

}  // namespace foretide::settings
