#include "common/settings/zone_rule.hpp"

#include <algorithm>
#include <charconv>

#include "common/ascii.hpp"

namespace foretide::settings {

namespace {

using std::chrono::local_days;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using std::chrono::year;

// One end of summer time.
struct Change {
  enum class Kind { kWeekday, kDayWithoutLeap, kDay };
  Kind kind = Kind::kDay;
  unsigned month = 0, week = 0, weekday = 0;  // kWeekday; week 5 is the last
  unsigned day = 0;  // kDayWithoutLeap: from 1, February 29 is not counted; kDay: from 0
  seconds time = std::chrono::hours(2);
};

struct Rule {
  seconds standard{}, summer{};
  std::optional<std::pair<Change, Change>> changes;  // to summer time, and back
};

// Takes one thing after the other off the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  char next() const { return text_.empty() ? '\0' : text_.front(); }
  bool skip(char c) {
    if (next() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<unsigned> number(unsigned most) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc{} || value > most) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }
  // "CET", or "<+03>".
  bool skip_name() {
    const bool quoted = skip('<');
    const auto end = std::find_if_not(text_.begin(), text_.end(), [&](char c) {
      return is_letter(c) || (quoted && (c == '+' || c == '-' || is_digit(c)));
    });
    const auto length = static_cast<std::size_t>(end - text_.begin());
    text_.remove_prefix(length);
    return length >= 3 && (!quoted || skip('>'));
  }
  // "2", "-1:30", "167:00:00".
  std::optional<seconds> time() {
    const bool negative = skip('-');
    if (!negative) skip('+');
    const auto hours = number(167);
    if (!hours) return std::nullopt;
    seconds time = std::chrono::hours(*hours);
    for (seconds unit = std::chrono::minutes(1); unit >= seconds(1) && skip(':'); unit /= 60) {
      const auto count = number(59);
      if (!count) return std::nullopt;
      time += *count * unit;
    }
    return negative ? -time : time;
  }

 private:
  std::string_view text_;
};

bool read_day(Reader& reader, Change& change) {
  if (reader.skip('M')) {
    change.kind = Change::Kind::kWeekday;
    const auto month = reader.number(12);
    const auto week = month && reader.skip('.') ? reader.number(5) : std::nullopt;
    const auto weekday = week && reader.skip('.') ? reader.number(6) : std::nullopt;
    if (!weekday || *month == 0 || *week == 0) return false;
    change.month = *month;
    change.week = *week;
    change.weekday = *weekday;
    return true;
  }
  const bool without_leap = reader.skip('J');
  change.kind = without_leap ? Change::Kind::kDayWithoutLeap : Change::Kind::kDay;
  const auto day = reader.number(365);
  if (!day || (without_leap && *day == 0)) return false;
  change.day = *day;
  return true;
}

std::optional<Change> change_in(Reader& reader) {
  Change change;
  if (!reader.skip(',') || !read_day(reader, change)) return std::nullopt;
  if (reader.skip('/')) {
    const auto time = reader.time();
    if (!time) return std::nullopt;
    change.time = *time;
  }
  return change;
}

// POSIX counts west of Greenwich; we count east.
std::optional<Rule> rule_in(std::string_view text) {
  Reader reader(text);
  Rule rule;
  const auto west = reader.skip_name() ? reader.time() : std::nullopt;
  if (!west) return std::nullopt;
  rule.standard = -*west;
  if (reader.at_end()) return rule;
  if (!reader.skip_name()) return std::nullopt;
  rule.summer = rule.standard + std::chrono::hours(1);
  if (reader.next() != ',') {
    const auto summer_west = reader.time();
    if (!summer_west) return std::nullopt;
    rule.summer = -*summer_west;
  }
  const auto to_summer = change_in(reader);
  const auto back = to_summer ? change_in(reader) : std::nullopt;
  if (!back || !reader.at_end()) return std::nullopt;
  rule.changes = {*to_summer, *back};
  return rule;
}

local_days date_of(const Change& change, year of) {
  const local_days new_year{of / 1 / 1};
  switch (change.kind) {
    case Change::Kind::kDay:
      return new_year + std::chrono::days(change.day);
    case Change::Kind::kDayWithoutLeap: {
      const bool behind_leap_day = of.is_leap() && change.day >= 60;  // 60 is March 1
      return new_year + std::chrono::days(change.day - 1 + (behind_leap_day ? 1 : 0));
    }
    case Change::Kind::kWeekday:
      break;
  }
  const auto month = of / std::chrono::month{change.month};
  const std::chrono::weekday weekday{change.weekday};
  return change.week == 5 ? local_days{month / weekday[std::chrono::last]}
                          : local_days{month / weekday[change.week]};
}

// The change is told in the time that held until then.
sys_seconds moment_of_change(const Change& change, year of, seconds offset_before) {
  return sys_seconds(date_of(change, of).time_since_epoch() + change.time - offset_before);
}

}  // namespace

std::optional<std::vector<TimeZone::Period>> periods_of_rule(std::string_view text, year first,
                                                             year last) {
  const auto rule = rule_in(text);
  if (!rule) return std::nullopt;
  std::vector<TimeZone::Period> periods;
  if (!rule->changes) {
    periods.push_back({sys_seconds(std::chrono::sys_days{first / 1 / 1}), rule->standard});
    return periods;
  }
  const auto& [to_summer, back] = *rule->changes;
  for (year each = first; each <= last; ++each) {
    periods.push_back({moment_of_change(to_summer, each, rule->standard), rule->summer});
    periods.push_back({moment_of_change(back, each, rule->summer), rule->standard});
  }
  std::stable_sort(periods.begin(), periods.end(),
                   [](const auto& a, const auto& b) { return a.begins < b.begins; });
  return periods;
}

}  // namespace foretide::settings
