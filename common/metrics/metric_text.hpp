// Numbers out of Prometheus text, the form in which most programs tell how they do. From
//
//     # TYPE vllm:num_requests_waiting gauge
//     vllm:num_requests_waiting{engine="0",model="small"} 3
//     vllm:num_requests_waiting{engine="1",model="small"} 4
//
// `vllm:num_requests_waiting` reads 7, the sum of all series of that name, and
// `vllm:num_requests_waiting{engine="1"}` reads 4, the sum of those that have these labels with
// exactly these values, whatever others they have.
//
// The text comes from programs that nobody here wrote. What is asked for is read strictly: a line
// of that name which is not as the format says is an Error, for half a sum is no sum. Lines of
// other names are passed over unread. One pass, nothing is kept of the text; who hands it over
// bounds its size, and a line's labels are bounded here. NaN and infinities are numbers to the
// format, and come out as such: who asks has to look.
//
// Source: the Prometheus exposition format, version 0.0.4.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace foretide {

// Which series are meant.
struct MetricSelector {
  std::string name;
  std::map<std::string, std::string> labels;
  friend bool operator==(const MetricSelector&, const MetricSelector&) = default;
};

inline constexpr std::size_t kMetricLabelsMost = 64;  // of one series

// `name` or `name{label="value",...}`, as it stands in the text. Nothing: it is no such thing.
std::optional<MetricSelector> metric_selector_in(std::string_view text);
std::string selector_text(const MetricSelector& selector);

// One sum for each of `wanted`; nothing where the text has no such series.
Result<std::vector<std::optional<double>>> metric_sums_in(std::string_view text,
                                                          std::span<const MetricSelector> wanted);

}  // namespace foretide
