#include "agent/proc/stat.hpp"

#include "agent/proc/text.hpp"

namespace foretide::agent {

Result<CpuTimes> parse_stat(std::string_view bytes) {
  const std::string_view line = take_line(bytes);
  std::string_view rest = line;
  if (take_word(rest) != "cpu") return bad_line("stat", line, "the line that begins with `cpu`");
  // user nice system idle iowait irq softirq steal; kernels before 2.6.11 end earlier.
  constexpr int kIdle = 3, kIowait = 4, kNamed = 8;
  CpuTimes times;
  int field = 0;
  for (; field < kNamed; ++field) {
    const std::string_view word = take_word(rest);
    if (word.empty() && field > kIdle) break;
    const auto ticks = number_in<std::uint64_t>(word);
    if (!ticks) return bad_line("stat", line, "at least four counts of ticks");
    times.total_ticks += *ticks;
    if (field != kIdle && field != kIowait) times.busy_ticks += *ticks;
  }
  return times;
}

}  // namespace foretide::agent
