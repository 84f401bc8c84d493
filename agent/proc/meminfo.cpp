#include "agent/proc/meminfo.hpp"

#include "agent/proc/text.hpp"

namespace foretide::agent {

Result<Memory> parse_meminfo(std::string_view bytes) {
  constexpr std::uint64_t kKibibyte = 1024;
  Memory memory;
  bool has_total = false;
  while (!bytes.empty() && !(has_total && memory.available_bytes)) {
    const std::string_view line = take_line(bytes);
    std::string_view rest = line;
    const std::string_view key = take_word(rest);
    if (key != "MemTotal:" && key != "MemAvailable:") continue;
    const auto kibibytes = take_number<std::uint64_t>(rest);
    if (!kibibytes || *kibibytes > UINT64_MAX / kKibibyte || take_word(rest) != "kB") {
      return bad_line("meminfo", line, "a number of kB");
    }
    if (key == "MemTotal:") {
      memory.total_bytes = *kibibytes * kKibibyte;
      has_total = true;
    } else {
      memory.available_bytes = *kibibytes * kKibibyte;
    }
  }
  if (!has_total) return Error{"meminfo: there is no line `MemTotal:`"};
  return memory;
}

}  // namespace foretide::agent
