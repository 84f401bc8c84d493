#include "common/settings/cron_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/ascii.hpp"

namespace foretide::settings {

namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kWords{
    {{"@hourly", "0 * * * *"},
     {"@daily", "0 0 * * *"},
     {"@weekly", "0 0 * * 0"},
     {"@monthly", "0 0 1 * *"},
     {"@yearly", "0 0 1 1 *"}}};

struct Field {
  std::string_view told_as, may_be;
  unsigned least, most;
  Names names;  // of `least` and what follows
};
constexpr std::array<Field, 5> kFields{
    {{"minute", "0 to 59", 0, 59, {}},
     {"hour", "0 to 23", 0, 23, {}},
     {"day of the month", "1 to 31", 1, 31, {}},
     {"month", "1 to 12 or jan to dec", 1, 12, kMonths},
     {"day of the week", "0 to 7 or sun to sat (0 and 7 are Sunday)", 0, 7, kWeekdays}}};
constexpr unsigned kSunday = 0, kSundayToo = 7;

std::vector<std::string_view> split(std::string_view text, std::string_view at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find_first_of(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<unsigned> number_in(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> value_in(std::string_view text, const Field& field) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (same_word(field.names[i], text)) return field.least + static_cast<unsigned>(i);
  }
  const auto value = number_in(text);
  return value && *value >= field.least && *value <= field.most ? value : std::nullopt;
}

Error wrong(const Field& field, std::string_view text, const std::string& wanted) {
  constexpr std::size_t kShownMost = 30;
  return Error{"whose " + std::string(field.told_as) + " is '" +
               std::string(text.substr(0, kShownMost)) + "', " + wanted};
}

struct Span {
  unsigned first, last;
};

std::string range_text(Span span) {
  return std::to_string(span.first) + "-" + std::to_string(span.last);
}

// "*", "5", "1-5", "mon-fri".
Result<Span> span_in(std::string_view text, const Field& field) {
  if (text == "*") return Span{field.least, field.most};
  const auto ends = split(text, "-");
  const auto first = value_in(ends.front(), field);
  auto last = value_in(ends.back(), field);
  if (ends.size() > 2 || !first || !last) {
    return wrong(
        field, text,
        "wants " + std::string(field.may_be) + ", *, lists (1,2), ranges (1-5) or steps (*/2)");
  }
  if (field.most == kSundayToo && *last == kSunday && *first > kSunday) last = kSundayToo;
  if (*last >= *first) return Span{*first, *last};
  const unsigned most = field.most == kSundayToo ? kSundayToo - 1 : field.most;
  return wrong(field, text,
               "which runs backwards, write " + range_text({*first, most}) + "," +
                   range_text({field.least, *last}));
}

Result<std::uint64_t> part_in(std::string_view part, const Field& field) {
  const auto slash = part.find('/');
  const auto span = span_in(part.substr(0, slash), field);
  if (!span) return Error{span.error()};
  unsigned step = 1;
  if (slash != std::string_view::npos) {
    const bool is_range = part.substr(0, slash).find_first_of("*-") != std::string_view::npos;
    const auto given = number_in(part.substr(slash + 1));
    if (!is_range || !given || *given == 0 || *given > field.most) {
      return wrong(field, part,
                   "wants * or a range, and a step from 1 to " + std::to_string(field.most) +
                       " behind the '/', such as */2 or 1-5/2");
    }
    step = *given;
  }
  std::uint64_t bits = 0;
  for (unsigned value = span->first; value <= span->last; value += step) {
    bits |= std::uint64_t{1} << (field.most == kSundayToo ? value % kSundayToo : value);
  }
  return bits;
}

Result<std::uint64_t> bits_in(std::string_view text, const Field& field) {
  std::uint64_t bits = 0;
  for (const auto part : split(text, ",")) {
    const auto of_part = part_in(part, field);
    if (!of_part) return Error{of_part.error()};
    bits |= *of_part;
  }
  return bits;
}

std::vector<std::string_view> fields_of(std::string_view text) {
  const auto word = std::find_if(kWords.begin(), kWords.end(),
                                 [&](const auto& known) { return known.first == text; });
  auto fields = split(word != kWords.end() ? word->second : text, " \t");
  std::erase(fields, std::string_view());
  return fields;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
}

}  // namespace

Result<Cron> parse_cron(std::string_view text) {
  const auto fields = fields_of(text);
  if (fields.size() != kFields.size() || !is_plain(text)) {
    return Error{
        "wants five fields (minute, hour, day of the month, month, day of the week) such as "
        "\"0 8 * * mon-fri\", or one of @hourly, @daily, @weekly, @monthly, @yearly"};
  }
  std::array<std::uint64_t, 5> bits{};
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const auto of_field = bits_in(fields[i], kFields[i]);
    if (!of_field) return Error{of_field.error()};
    bits[i] = *of_field;
  }
  const auto narrow = [](std::uint64_t wide) { return static_cast<std::uint32_t>(wide); };
  return Cron{.minutes = bits[0],
              .hours = narrow(bits[1]),
              .days = narrow(bits[2]),
              .months = narrow(bits[3]),
              .weekdays = narrow(bits[4]),
              .one_day_is_enough = !fields[2].starts_with('*') && !fields[4].starts_with('*')};
}

}  // namespace foretide::settings
