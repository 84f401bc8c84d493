#include "balancer/http/head_lines.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "balancer/http/byte_runs.hpp"

namespace foretide::balancer {
namespace {

enum : std::uint8_t {
  kToken = 1,  // RFC 9110 section 5.6.2: tchar
  kValue = 2,  // section 5.5: field-vchar, space and tab
  kUnderscore = 4,
};

constexpr std::array<std::uint8_t, 256> kinds_of_bytes() {
  std::array<std::uint8_t, 256> kinds{};
  for (std::size_t c = 0x20; c < 256; ++c) {
    if (c != 0x7f) kinds[c] = kValue;
  }
  kinds['\t'] = kValue;
  for (std::size_t c = 'a'; c <= 'z'; ++c) kinds[c] |= kToken;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) kinds[c] |= kToken;
  for (std::size_t c = '0'; c <= '9'; ++c) kinds[c] |= kToken;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    kinds[static_cast<std::uint8_t>(c)] |= kToken;
  kinds['_'] |= kUnderscore;
  return kinds;
}

constexpr std::array<std::uint8_t, 256> kKinds = kinds_of_bytes();

bool is(char c, std::uint8_t kind) {
  return (kKinds[static_cast<std::uint8_t>(c)] & kind) != 0;
}

// The first byte that is no part of a value.
const char* end_of_value(const char* at, const char* end) {
  for (;;) {
    at = skip_visible(at, end);
    while (at < end && is(*at, kValue) && *at != '\t') ++at;
    if (at == end || *at != '\t') return at;
    ++at;
  }
}

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return is(c, kToken); });
}

std::optional<RequestLine> request_line_in(std::string_view line) {
  const auto method_end = line.find(' ');
  if (method_end == std::string_view::npos) return std::nullopt;
  const auto target_end = line.find(' ', method_end + 1);
  if (target_end == std::string_view::npos) return std::nullopt;
  RequestLine read{line.substr(0, method_end),
                   line.substr(method_end + 1, target_end - method_end - 1),
                   line.substr(target_end + 1)};
  if (!is_token(read.method) || read.target.empty()) return std::nullopt;
  const bool printable = std::all_of(read.target.begin(), read.target.end(),
                                     [](char c) { return static_cast<std::uint8_t>(c) > 0x20; });
  if (!printable) return std::nullopt;
  return read;
}

std::optional<StatusLine> status_line_in(std::string_view line) {
  // "HTTP/1.1 200 reason": the second space stands there even without a reason.
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kReason = 13;
  if (line.size() < kReason || !line.starts_with(kVersion)) return std::nullopt;
  const bool known = line[7] == '0' || line[7] == '1';
  if (!known || line[8] != ' ' || line[12] != ' ') return std::nullopt;
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return std::nullopt;
  StatusLine read;
  read.http_10 = line[7] == '0';
  read.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  read.reason = line.substr(kReason);
  const char* const end = line.data() + line.size();
  if (end_of_value(read.reason.data(), end) != end) return std::nullopt;
  return read;
}

bool FieldLines::next(Field& field) {
  const char* const name = at_;
  const char* at = skip_plain(at_, end_);
  std::uint8_t kinds = 0;
  for (; at < end_ && is(*at, kToken); ++at) kinds |= kKinds[static_cast<std::uint8_t>(*at)];
  if (at == end_) return stop(Stopped::kInMidst);
  if (*at != ':' || at == name) return stop_at_no_name(at);
  field.name = {name, static_cast<std::size_t>(at - name)};
  field.has_underscore = (kinds & kUnderscore) != 0;
  ++at;
  while (at < end_ && is_space(*at)) ++at;
  const char* const value = at;
  const bool begins_plainly = value == name + field.name.size() + 2 && value[-1] == ' ';
  at = end_of_value(at, end_);
  if (end_ - at < 2) {
    return stop(at == end_ || *at == '\r' ? Stopped::kInMidst : Stopped::kMalformed);
  }
  if (at[0] != '\r' || at[1] != '\n') return stop(Stopped::kMalformed);
  const char* last = at;
  while (last > value && is_space(last[-1])) --last;
  field.value = {value, static_cast<std::size_t>(last - value)};
  at_ = at + 2;
  field.line = {};
  if (begins_plainly && last == at) field.line = {name, static_cast<std::size_t>(at_ - name)};
  return true;
}

// The empty line at the end, or what can be no field.
bool FieldLines::stop_at_no_name(const char* at) {
  if (at != at_ || *at != '\r') return stop(Stopped::kMalformed);
  if (end_ - at < 2) return stop(Stopped::kInMidst);
  if (at[1] != '\n') return stop(Stopped::kMalformed);
  at_ += 2;
  return stop(Stopped::kAtEnd);
}

bool FieldLines::stop(Stopped why) {
  stopped_ = why;
  return false;
}

}  // namespace foretide::balancer
