// A head is found, or refused, at the same place however its bytes arrive; and what is found is
// what a plain reading of the rules finds.
#include "balancer/http/head_scan.hpp"

#include <cstdint>
#include <string_view>

#include "common/check.hpp"

namespace {

using foretide::balancer::HeadScan;
using Found = HeadScan::Found;

struct Result {
  Found found = Found::kMore;
  std::size_t size = 0;
};

Result in_pieces(std::string_view bytes, std::size_t step) {
  HeadScan scan;
  for (std::size_t there = step;; there += step) {
    const Found found = scan.scan(bytes.substr(0, there));
    if (found == Found::kEnd) return {found, scan.size()};
    if (found == Found::kMalformed || there >= bytes.size()) return {found, 0};
  }
}

// Line by line: every one ends with CRLF, none but the first begins with white space, and an empty
// one ends the head.
Result by_the_rules(std::string_view bytes) {
  std::size_t at = 0;
  for (;;) {
    const auto lf = bytes.find('\n', at);
    if (lf == std::string_view::npos) return {};
    const std::string_view line = bytes.substr(at, lf - at);
    if (!line.ends_with('\r')) return {Found::kMalformed, 0};
    if (at > 0 && (line.front() == ' ' || line.front() == '\t')) return {Found::kMalformed, 0};
    at = lf + 1;
    if (line.size() == 1) return {Found::kEnd, at};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const Result expected = by_the_rules(bytes);
  for (const std::size_t step : {size + 1, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const Result result = in_pieces(bytes, step);
    CHECK(result.found == expected.found, "a head is judged alike however it arrives");
    CHECK(result.size == expected.size, "a head ends at the same place however it arrives");
  }
  CHECK(foretide::balancer::empty_lines_before(bytes) <= size, "no more is skipped than is there");
  return 0;
}
