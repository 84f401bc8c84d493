#include "agent/proc/loadavg.hpp"

#include "agent/proc/text.hpp"

namespace foretide::agent {

Result<double> parse_loadavg(std::string_view bytes) {
  const std::string_view line = take_line(bytes);
  std::string_view rest = line;
  const auto minute = real_in(take_word(rest));
  if (!minute || *minute < 0.0) return bad_line("loadavg", line, "three averages first");
  return *minute;
}

}  // namespace foretide::agent
