#include "balancer/http/field_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "balancer/http/head_lines.hpp"

namespace foretide::balancer {
namespace {

bool is_hex(char c) {
  return hex_value(c) >= 0;
}

// RFC 3986 section 3.2.2: what a reg-name holds beside percent-encoded bytes.
constexpr std::array<bool, 256> bytes_of_names() {
  std::array<bool, 256> allowed{};
  for (std::size_t c = 'a'; c <= 'z'; ++c) allowed[c] = true;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) allowed[c] = true;
  for (std::size_t c = '0'; c <= '9'; ++c) allowed[c] = true;
  for (const char c : std::string_view("-._~!$&'()*+,;="))
    allowed[static_cast<std::uint8_t>(c)] = true;
  return allowed;
}

constexpr std::array<bool, 256> kInName = bytes_of_names();

// Calls `visit` with each word of a comma-separated list, without the white space around it.
template <class Visit>
void for_each_word(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view word = list.substr(0, comma);
    while (!word.empty() && (word.front() == ' ' || word.front() == '\t')) word.remove_prefix(1);
    while (!word.empty() && (word.back() == ' ' || word.back() == '\t')) word.remove_suffix(1);
    if (!word.empty()) visit(word);
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
}

bool is_protected(std::string_view name) {
  constexpr std::array<std::string_view, 3> kProtected{"host", "content-length",
                                                       "transfer-encoding"};
  return std::any_of(kProtected.begin(), kProtected.end(),
                     [&](std::string_view other) { return same_word(name, other); });
}

// The names in the Connection fields. `size` counts on where there is no room to keep them.
struct Nominated {
  std::array<std::string_view, kNominatedMax> names;
  std::size_t size = 0;

  bool has(std::string_view name) const {
    return std::any_of(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(size),
                       [&](std::string_view other) { return same_word(name, other); });
  }
};

Nominated nominated_in(std::string_view fields) {
  Nominated nominated;
  while (!fields.empty()) {
    const auto end = std::min(fields.find("\r\n"), fields.size());
    const std::string_view line = fields.substr(0, end);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && same_word(line.substr(0, colon), "connection")) {
      for_each_word(line.substr(colon + 1), [&](std::string_view word) {
        if (same_word(word, "close") || same_word(word, "keep-alive")) return;
        if (same_word(word, "upgrade")) return;
        if (nominated.size < kNominatedMax) nominated.names[nominated.size] = word;
        ++nominated.size;
      });
    }
    fields.remove_prefix(std::min(end + 2, fields.size()));
  }
  return nominated;
}

}  // namespace

std::optional<std::uint64_t> length_in(std::string_view value) {
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) return std::nullopt;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  constexpr std::uint64_t kLengthMax = std::uint64_t{1} << 62;
  if (error != std::errc{} || length > kLengthMax) return std::nullopt;
  return length;
}

bool is_host(std::string_view value) {
  if (value.size() > kHostMax) return false;
  std::size_t at = 0;
  if (value.starts_with('[')) {
    const auto close = value.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    for (const char c : value.substr(1, close - 1)) {
      if (!is_hex(c) && c != ':' && c != '.') return false;
    }
    at = close + 1;
  } else {
    while (at < value.size()) {
      const char c = value[at];
      if (kInName[static_cast<std::uint8_t>(c)]) {
        ++at;
        continue;
      }
      if (c == ':') break;
      if (c != '%' || at + 2 >= value.size()) return false;
      if (!is_hex(value[at + 1]) || !is_hex(value[at + 2])) return false;
      at += 3;
    }
    if (at == 0 && at < value.size()) return false;  // a port without a host
  }
  if (at == value.size()) return true;
  const std::string_view port = value.substr(at + 1);
  if (value[at] != ':' || !std::all_of(port.begin(), port.end(), is_digit)) return false;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return port.empty() || (error == std::errc{} && number <= 65535);
}

bool read_connection(std::string_view value, ConnectionWords& words) {
  bool all_are_tokens = true;
  for_each_word(value, [&](std::string_view word) {
    if (same_word(word, "close")) {
      words.close = true;
    } else if (same_word(word, "keep-alive")) {
      words.keep_alive = true;
    } else if (same_word(word, "upgrade")) {
      words.upgrade = true;
    } else {
      words.nominates = true;
      all_are_tokens = all_are_tokens && is_token(word);
    }
  });
  return all_are_tokens;
}

bool is_one_protocol(std::string_view upgrade) {
  const auto slash = upgrade.find('/');
  const std::string_view name = upgrade.substr(0, slash);
  if (!is_token(name) || same_word(name, "h2c") || same_word(name, "h2")) return false;
  return slash == std::string_view::npos || is_token(upgrade.substr(slash + 1));
}

bool remove_nominated(HeadWriter& head, std::size_t fields_begin, std::string_view fields) {
  const Nominated nominated = nominated_in(fields);
  if (nominated.size > kNominatedMax) return false;
  remove_fields(head, fields_begin,
                [&](std::string_view name) { return !is_protected(name) && nominated.has(name); });
  return true;
}

}  // namespace foretide::balancer
