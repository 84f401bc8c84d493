// Prometheus text from anybody is read within its bounds: a sum of one name is the sum over its
// lines, each read alone; a selector that was read is written and read again as the same; and what
// has no line of the name has no sum.
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/check.hpp"
#include "common/metrics/metric_text.hpp"

namespace {

using namespace foretide;

std::optional<double> sum_by_lines(std::string_view text, const MetricSelector& wanted,
                                   bool& is_broken) {
  std::optional<double> sum;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto alone = metric_sums_in(line, std::vector{wanted});
    is_broken = is_broken || !alone;
    if (alone && alone->front()) sum = sum.value_or(0.0) + *alone->front();
  }
  return sum;
}

bool are_same(const std::optional<double>& a, const std::optional<double>& b) {
  return a == b || (a && b && std::isnan(*a) && std::isnan(*b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::string_view first = input.substr(0, input.find('\n'));
  const std::string_view text = input.substr(std::min(input.size(), first.size() + 1));
  const auto selector = metric_selector_in(first);
  if (!selector) {
    (void)metric_sums_in(input, std::vector<MetricSelector>{{"m", {}}, {"n", {{"a", "b"}}}});
    return 0;
  }
  CHECK(metric_selector_in(selector_text(*selector)) == selector, "written, it is the same");
  CHECK(selector->labels.size() <= kMetricLabelsMost, "labels have a bound");
  const auto sums = metric_sums_in(text, std::vector{*selector});
  bool is_broken = false;
  const auto expected = sum_by_lines(text, *selector, is_broken);
  CHECK(sums.operator bool() == !is_broken, "one line that is wrong is an error of the whole");
  if (sums) CHECK(are_same(sums->front(), expected), "the sum is that of the lines");
  if (sums && text.find(selector->name) == text.npos) {
    CHECK(!sums->front(), "what does not stand there has no sum");
  }
  return 0;
}
