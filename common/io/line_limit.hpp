// Keeps a log readable when one thing goes wrong a thousand times: of each line the first five in a
// minute are let through, the rest is counted, and the next one that is let through says how many
// there were. Lines are alike when their text is, digits apart ("worker 3 ended" is like "worker 4
// ended"). At most 1024 different lines are remembered; the memory is a value, the time an
// argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/time.hpp"

namespace foretide {

class LineLimit {
 public:
  // Nothing: keep it back. Otherwise how many alike were kept back since the last one.
  std::optional<std::uint64_t> let_through(std::string_view line, Instant now);

 private:
  struct Seen {
    Instant since;
    std::uint32_t count = 0;
    std::uint64_t kept_back = 0;
  };
  std::unordered_map<std::string, Seen> seen_;
};

// One event is one line: control characters are written as escapes, what is not UTF-8 is mended.
std::string as_one_line(std::string_view text);

}  // namespace foretide
