#include "agent/proc/pid_io.hpp"

#include <optional>

#include "agent/proc/text.hpp"

namespace foretide::agent {

Result<PidIo> parse_pid_io(std::string_view bytes) {
  std::optional<std::uint64_t> read, written;
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    std::string_view rest = line;
    const std::string_view key = take_word(rest);
    if (key != "read_bytes:" && key != "write_bytes:") continue;
    const auto value = take_number<std::uint64_t>(rest);
    if (!value) return bad_line("pid/io", line, "a number of bytes");
    (key == "read_bytes:" ? read : written) = value;
  }
  if (!read || !written) return Error{"pid/io: `read_bytes:` or `write_bytes:` is not there"};
  return PidIo{*read, *written};
}

}  // namespace foretide::agent
