#include "common/settings/zone_data.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/settings/zone_rule.hpp"

namespace foretide::settings {

namespace {

using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr year kFirst{2020}, kLast{2060};
constexpr seconds kOffsetMost = std::chrono::hours(26);  // as RFC 9636 has it, both ways
constexpr std::size_t kPeriodsMost = 1'000;

Error cut_off() {
  return Error{"it ends too early"};
}

std::int64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[at]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return static_cast<std::int64_t>(value);
}

// The head of a block, and how its body is divided.
struct Block {
  static constexpr std::size_t kHeadSize = 44;
  static constexpr std::size_t kTypeSize = 6;
  std::size_t ut_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, letters = 0;

  std::size_t body_size(std::size_t time_size) const {
    return times * (time_size + 1) + types * kTypeSize + letters + leaps * (time_size + 4) +
           standard_flags + ut_flags;
  }
};

std::optional<Block> block_in(std::string_view bytes) {
  if (bytes.size() < Block::kHeadSize || !bytes.starts_with("TZif")) return std::nullopt;
  const auto count = [&](std::size_t which) {
    return static_cast<std::size_t>(number_at(bytes, 20 + 4 * which, 4)) & 0xFFFF'FFFF;
  };
  return Block{count(0), count(1), count(2), count(3), count(4), count(5)};
}

// Every change that the second block lists, behind a first period without a beginning.
Result<std::vector<TimeZone::Period>> listed_periods(std::string_view body, const Block& block) {
  if (block.types == 0) return Error{"it lists no offsets"};
  const std::size_t indexes = block.times * 8, types = indexes + block.times;
  const auto offset_of = [&](std::size_t type) {
    return seconds(number_at(body, types + type * Block::kTypeSize, 4));
  };
  std::vector<TimeZone::Period> periods{{sys_seconds::min(), offset_of(0)}};
  for (std::size_t i = 0; i < block.times; ++i) {
    const auto type = static_cast<unsigned char>(body[indexes + i]);
    const sys_seconds begins{seconds(number_at(body, i * 8, 8))};
    if (type >= block.types) return Error{"it names an offset that it does not list"};
    if (i > 0 && begins <= periods.back().begins) return Error{"its changes are not in order"};
    periods.push_back({begins, offset_of(type)});
  }
  const auto is_far = [](const auto& p) { return std::chrono::abs(p.offset) > kOffsetMost; };
  if (std::any_of(periods.begin(), periods.end(), is_far)) return Error{"an offset is too large"};
  return periods;
}

// Behind the list the rule goes on.
bool add_rule(std::string_view rule, std::vector<TimeZone::Period>& periods) {
  if (rule.empty()) return true;  // the last offset holds for good
  // A year before, as what holds at the beginning of 2020 may have begun in 2019.
  const auto further = periods_of_rule(rule, kFirst - std::chrono::years(1), kLast);
  if (!further) return false;
  const sys_seconds listed_until = periods.back().begins;
  for (const TimeZone::Period& period : *further) {
    if (period.begins > listed_until) periods.push_back(period);
  }
  return true;
}

// From the one that holds at the beginning of 2020; where nothing changes is no new period.
std::vector<TimeZone::Period> kept_of(const std::vector<TimeZone::Period>& periods) {
  const sys_seconds from = sys_days{kFirst / 1 / 1}, until = sys_days{kLast / 12 / 31};
  std::vector<TimeZone::Period> kept{{from, periods.front().offset}};
  for (const TimeZone::Period& period : periods) {
    if (period.begins > until) break;
    if (period.begins <= from) {
      kept.front().offset = period.offset;
    } else if (period.offset != kept.back().offset) {
      kept.push_back(period);
    }
  }
  return kept;
}

}  // namespace

Result<TimeZone> zone_in(std::string_view bytes, const std::string& name) {
  const auto old_block = block_in(bytes);
  if (!old_block) return Error{"it does not begin as a time zone file does"};
  if (bytes[4] < '2') return Error{"it is of a version that ends in 2037"};
  const std::size_t second = Block::kHeadSize + old_block->body_size(4);
  if (second > bytes.size()) return cut_off();
  bytes.remove_prefix(second);
  const auto block = block_in(bytes);
  if (!block) return cut_off();
  bytes.remove_prefix(Block::kHeadSize);
  const std::size_t size = block->body_size(8);
  if (bytes.size() < size + 2) return cut_off();
  if (block->leaps != 0) return Error{"it counts leap seconds, which no clock of ours does"};
  auto periods = listed_periods(bytes.substr(0, size), *block);
  if (!periods) return Error{periods.error()};
  const std::string_view rule = bytes.substr(size);
  if (rule.front() != '\n' || rule.find('\n', 1) == std::string_view::npos) return cut_off();
  if (!add_rule(rule.substr(1, rule.find('\n', 1) - 1), *periods)) {
    return Error{"it ends with a rule that is none"};
  }
  auto kept = kept_of(*periods);
  if (kept.size() > kPeriodsMost) return Error{"its clocks change too often"};
  return TimeZone{name, std::move(kept)};
}

}  // namespace foretide::settings
