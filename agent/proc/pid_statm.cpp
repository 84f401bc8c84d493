#include "agent/proc/pid_statm.hpp"

#include "agent/proc/text.hpp"

namespace foretide::agent {

Result<std::uint64_t> parse_pid_statm_resident_pages(std::string_view bytes) {
  const std::string_view line = take_line(bytes);
  std::string_view rest = line;
  take_word(rest);  // size
  const auto resident = take_number<std::uint64_t>(rest);
  if (!resident) return bad_line("pid/statm", line, "a size and a resident size in pages");
  return *resident;
}

}  // namespace foretide::agent
