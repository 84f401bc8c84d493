#include "agent/proc/pressure.hpp"

#include "agent/proc/text.hpp"

namespace foretide::agent {

Result<double> parse_pressure(std::string_view bytes) {
  constexpr std::string_view kAverage = "avg10=";
  const std::string_view line = take_line(bytes);
  std::string_view rest = line;
  const bool is_some = take_word(rest) == "some";
  const std::string_view word = take_word(rest);
  if (!is_some || !word.starts_with(kAverage)) {
    return bad_line("pressure", line, "`some avg10=…`");
  }
  const auto percent = real_in(word.substr(kAverage.size()));
  if (!percent || *percent < 0.0 || *percent > 100.0) {
    return bad_line("pressure", line, "a percentage behind `avg10=`");
  }
  return *percent / 100.0;
}

}  // namespace foretide::agent
