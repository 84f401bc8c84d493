#include "common/rfc3339.hpp"

#include <cstdio>

namespace foretide {
namespace {

using std::chrono::milliseconds;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Exactly so many digits.
  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // ".25", or nothing for none at all.
  std::optional<milliseconds> fraction() {
    if (!take(".")) return milliseconds(0);
    int value = 0, digits = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits) {
      if (digits < 3) value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 3; ++digits) value *= 10;
    return milliseconds(value);
  }
  std::optional<milliseconds> offset() {
    if (take("Zz")) return milliseconds(0);
    const bool is_west = rest_.starts_with('-');
    if (!take("+-")) return std::nullopt;
    const auto hours = number(2);
    if (!hours || *hours > 23 || !take(":")) return std::nullopt;
    const auto minutes = number(2);
    if (!minutes || *minutes > 59) return std::nullopt;
    const milliseconds length = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return is_west ? -length : length;
  }
  bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<WallTime> date_in(Reader& reader) {
  const auto year = reader.number(4);
  if (!year || !reader.take("-")) return std::nullopt;
  const auto month = reader.number(2);
  if (!month || !reader.take("-")) return std::nullopt;
  const auto day = reader.number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(date));
}

std::optional<milliseconds> time_in(Reader& reader) {
  const auto hour = reader.number(2);
  if (!hour || *hour > 23 || !reader.take(":")) return std::nullopt;
  const auto minute = reader.number(2);
  if (!minute || *minute > 59 || !reader.take(":")) return std::nullopt;
  const auto second = reader.number(2);
  if (!second || *second > 60) return std::nullopt;
  const auto fraction = reader.fraction();
  if (!fraction) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         *fraction;
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  Reader reader(text);
  const auto date = date_in(reader);
  if (!date || !reader.take("Tt ")) return std::nullopt;
  const auto time = time_in(reader);
  if (!time) return std::nullopt;
  const auto offset = reader.offset();
  if (!offset || !reader.is_at_end()) return std::nullopt;
  return *date + *time - *offset;
}

std::string rfc3339_text(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace foretide
