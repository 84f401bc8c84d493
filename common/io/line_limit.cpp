#include "common/io/line_limit.hpp"

#include "common/utf8.hpp"

namespace foretide {
namespace {

constexpr std::uint32_t kLinesPerWindow = 5;
constexpr std::chrono::seconds kWindow{60};
constexpr std::size_t kLinesRemembered = 1024;
constexpr std::size_t kBytesCompared = 256;

std::string without_digits(std::string_view line) {
  std::string kind;
  for (const char c : line.substr(0, kBytesCompared)) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && kind.ends_with('#')) continue;
    kind += digit ? '#' : c;
  }
  return kind;
}

}  // namespace

std::optional<std::uint64_t> LineLimit::let_through(std::string_view line, Instant now) {
  if (seen_.size() >= kLinesRemembered) {
    std::erase_if(seen_, [&](const auto& entry) { return now - entry.second.since > kWindow; });
    if (seen_.size() >= kLinesRemembered) seen_.clear();
  }
  Seen& seen = seen_.try_emplace(without_digits(line), Seen{.since = now}).first->second;
  if (now - seen.since >= kWindow) seen = Seen{.since = now, .kept_back = seen.kept_back};
  if (seen.count >= kLinesPerWindow) {
    ++seen.kept_back;
    return std::nullopt;
  }
  ++seen.count;
  return std::exchange(seen.kept_back, 0);
}

std::string as_one_line(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string line;
  for (const char c : mended_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      line += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace foretide
