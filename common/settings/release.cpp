#include "common/settings/release.hpp"

#include <cmath>
#include <cstdint>
#include <string_view>

namespace foretide {

namespace {

// FNV-1a with 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). Every text goes in behind its length,
// so that ["ab", "c"] and ["a", "bc"] differ.
class Hash {
 public:
  void add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) add_byte(static_cast<unsigned char>(number >> (8 * i)));
  }
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
  }
  // Folded to 48 bits as FNV's authors advise: the upper bits are added onto the lower, none is
  // dropped.
  std::uint64_t folded() const { return (value_ >> 48) ^ (value_ & 0xFFFF'FFFF'FFFF); }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001B3; }
  std::uint64_t value_ = 0xCBF29CE484222325;
};

}  // namespace

ReleaseId release_for(const WorkerSpec& spec) {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(spec.argv.size()));
  for (const auto& word : spec.argv) hash.add(std::string_view(word));
  hash.add(static_cast<std::uint64_t>(spec.env.size()));
  for (const auto& [name, value] : spec.env) {
    hash.add(std::string_view(name));
    hash.add(std::string_view(value));
  }
  hash.add(std::string_view(spec.workdir));
  hash.add(std::string_view(spec.user));
  hash.add(static_cast<std::uint64_t>(std::llround(spec.needs.cpus * 1e6)));
  hash.add(spec.needs.memory_bytes);

  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 44; shift >= 0; shift -= 4) text += kDigits[(hash.folded() >> shift) & 0xF];
  return ReleaseId{text};
}

}  // namespace foretide
