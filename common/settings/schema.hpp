// Reads one map of a settings file strictly: a Section knows which keys may stand in its map, and
// every value is taken with the type and range that it must have.
//
// Opening a section reports what must not be there (unknown keys, with the nearest known one as a
// hint; keys whose feature is not built yet, by name). Taking a value reports a wrong type or
// range. A getter answers nothing both for an absent key and for a reported one, so a reader just
// keeps its default and goes on: that is how all problems of a file are found in one pass.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/address.hpp"
#include "common/settings/positions.hpp"
#include "common/settings/yaml_tree.hpp"

namespace foretide::settings {

// What may stand in one kind of map.
struct Keys {
  std::string_view path;     // "services.NAME.scale", as the reference page has it
  std::string_view told_as;  // "'scale'", "a service", as messages have it
  std::vector<std::string_view> built;
  std::vector<std::string_view> unbuilt;  // part of the contract, refused by name until they work
};

template <class T>
struct Range {
  T least, most;
};

// What is done with an address. To serve is to listen where unix sockets will do too.
enum class AddressUse { kListen, kServe, kDial };

class Section {
 public:
  // A node that is no map is reported and behaves as an empty one. `name` is the key it stands
  // under.
  Section(const YamlNode& node, std::string_view name, const Keys& keys, Problems& problems);

  bool has(std::string_view key) const { return node_.find(key) != nullptr; }
  const YamlEntry* entry(std::string_view key) const { return node_.find(key); }
  Position at() const { return node_.at; }
  Problems& problems() const { return problems_; }

  // Reports `what` at the key, or at the section when the key is absent.
  void report(std::string_view key, std::string what) const;
  // Whether the key is there. Its absence is not told where a misspelling of it was.
  bool require(std::string_view key, std::string_view hint) const;

  std::optional<std::string> text(std::string_view key) const;
  std::optional<std::uint32_t> whole(std::string_view key, Range<std::uint32_t> range) const;
  std::optional<double> number(std::string_view key, Range<double> range) const;
  std::optional<double> share(std::string_view key, Range<double> range) const;  // "1%" or 0.01
  std::optional<std::chrono::milliseconds> duration(std::string_view key,
                                                    Range<std::chrono::milliseconds> range) const;
  std::optional<std::uint64_t> bytes(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;  // true or false
  // Which of `words` it is. A word of `unbuilt` is refused as not built yet.
  std::optional<std::size_t> choice(std::string_view key, std::span<const std::string_view> words,
                                    std::span<const std::string_view> unbuilt = {}) const;
  // A list of texts, or one text standing for a list of one; with the position of each.
  std::vector<std::pair<std::string, Position>> texts(std::string_view key, std::size_t most) const;
  std::optional<Address> address(std::string_view key, AddressUse use) const;
  // A list, or one address standing for a list of one; with the position of each.
  std::vector<std::pair<Address, Position>> addresses(std::string_view key, AddressUse use) const;
  // A map under `key`, read as a section of its own; nothing when absent.
  std::optional<Section> section(std::string_view key, const Keys& keys) const;

 private:
  const YamlNode& node_;
  Problems& problems_;
};

// The text of a scalar, for values that stand in lists or under free keys. `name` is used in
// messages.
std::optional<std::string> text_in(const YamlNode& node, std::string_view name, Problems& problems);

// How a value is shown in a message: 'abc', a list, a map, nothing.
std::string shown(const YamlNode& node);

}  // namespace foretide::settings
