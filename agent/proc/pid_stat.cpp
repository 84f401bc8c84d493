#include "agent/proc/pid_stat.hpp"

#include <array>

#include "agent/proc/text.hpp"

namespace foretide::agent {

Result<PidStat> parse_pid_stat(std::string_view bytes) {
  const std::size_t open = bytes.find(" (");
  const std::size_t close = bytes.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return bad_line("pid/stat", bytes, "a command in parentheses");
  }
  const auto pid = number_in<std::int64_t>(bytes.substr(0, open));
  std::string_view rest = bytes.substr(close + 1);
  rest = take_line(rest);
  const std::string_view state = take_word(rest);
  // Field 3 of proc(5) is the state; the numbers from field 4 on follow.
  constexpr int kFirst = 4, kLast = 22;
  std::array<std::string_view, kLast + 1> fields;
  for (int field = kFirst; field <= kLast; ++field) {
    fields[static_cast<std::size_t>(field)] = take_word(rest);
  }
  const auto parent = number_in<std::int64_t>(fields[4]);
  const auto group = number_in<std::int64_t>(fields[5]);
  const auto session = number_in<std::int64_t>(fields[6]);
  const auto user = number_in<std::uint64_t>(fields[14]);
  const auto system = number_in<std::uint64_t>(fields[15]);
  const auto threads = number_in<std::uint32_t>(fields[20]);
  const auto start = number_in<std::uint64_t>(fields[22]);
  if (!pid || state.size() != 1 || !parent || !group || !session || !user || !system || !threads ||
      !start) {
    return bad_line("pid/stat", bytes, "the fields of proc(5) up to the start time");
  }
  return PidStat{*pid, state.front(), *parent, *group, *session, *user + *system, *threads, *start};
}

}  // namespace foretide::agent
