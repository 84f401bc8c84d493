#include "balancer/http/head_scan.hpp"

#include <cstring>

namespace foretide::balancer {

HeadScan::Found HeadScan::scan(std::string_view bytes) {
  while (scanned_ < bytes.size()) {
    const char* found = static_cast<const char*>(
        std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_));
    if (found == nullptr) {
      scanned_ = bytes.size();
      return Found::kMore;
    }
    const auto at = static_cast<std::size_t>(found - bytes.data());
    scanned_ = at + 1;
    if (at == line_ || bytes[at - 1] != '\r') return Found::kMalformed;
    const bool empty = at == line_ + 1;
    const bool folded = line_ > 0 && (bytes[line_] == ' ' || bytes[line_] == '\t');
    if (folded) return Found::kMalformed;
    line_ = at + 1;
    if (empty) return Found::kEnd;
  }
  return Found::kMore;
}

std::size_t empty_lines_before(std::string_view bytes) {
  std::size_t size = 0;
  while (bytes.size() >= size + 2 && bytes[size] == '\r' && bytes[size + 1] == '\n') size += 2;
  return size;
}

}  // namespace foretide::balancer
