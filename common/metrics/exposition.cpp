#include "common/metrics/exposition.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "common/check.hpp"
#include "common/utf8.hpp"

namespace foretide {
namespace {

constexpr int kFirstBound = 19;  // 2^19 ns = 0.52 ms
constexpr int kLastBound = 36;   // 2^36 ns = 68.7 s

bool is_well_named(std::string_view name, bool is_counter) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_";
  return name.starts_with("foretide_") &&
         name.find_first_not_of(allowed) == std::string_view::npos &&
         name.ends_with("_total") == is_counter;
}

std::vector<prometheus::ClientMetric::Label> labels_of(const Exposition::Labels& labels) {
  std::vector<prometheus::ClientMetric::Label> converted;
  for (const auto& [name, value] : labels) converted.push_back({name, mended_utf8(value)});
  return converted;
}

void fill(prometheus::ClientMetric::Histogram& into, const HistogramCounts& counts) {
  into.sample_count = counts.total();
  into.sample_sum = counts.sum_seconds();
  for (int octave = kFirstBound; octave <= kLastBound; ++octave) {
    into.bucket.push_back({counts.below(octave), std::ldexp(1.0, octave) / 1e9});
  }
  into.bucket.push_back({counts.total(), std::numeric_limits<double>::infinity()});
}

void fill(prometheus::ClientMetric::Summary& into, const SummaryCounts& counts) {
  into.sample_count = counts.total;
  into.sample_sum = counts.sum;
  for (const auto& [quantile, value] : counts.quantiles) into.quantile.push_back({quantile, value});
}

}  // namespace

Exposition::Family& Exposition::family(const std::string& name, const std::string& help,
                                       Kind kind) {
  CHECK(is_well_named(name, kind == Kind::kCounter),
        "metric names begin with foretide_, are lower case, and end in _total for counters only");
  const auto [entry, added] = families_.try_emplace(name, Family{kind, help, {}});
  CHECK(added || entry->second.kind == kind, "a name stands for one kind of metric");
  return entry->second;
}

void Exposition::counter(const std::string& name, const std::string& help, Labels labels,
                         double value) {
  family(name, help, Kind::kCounter)
      .samples.push_back(
          {.labels = std::move(labels), .value = value, .counts = {}, .summary = {}});
}

void Exposition::gauge(const std::string& name, const std::string& help, Labels labels,
                       double value) {
  family(name, help, Kind::kGauge)
      .samples.push_back(
          {.labels = std::move(labels), .value = value, .counts = {}, .summary = {}});
}

void Exposition::histogram(const std::string& name, const std::string& help, Labels labels,
                           const HistogramCounts& counts) {
  family(name, help, Kind::kHistogram)
      .samples.push_back(
          {.labels = std::move(labels), .value = 0.0, .counts = counts, .summary = {}});
}

void Exposition::summary(const std::string& name, const std::string& help, Labels labels,
                         const SummaryCounts& counts) {
  family(name, help, Kind::kSummary)
      .samples.push_back(
          {.labels = std::move(labels), .value = 0.0, .counts = {}, .summary = counts});
}

std::string Exposition::text() const {
  std::vector<prometheus::MetricFamily> all;
  for (const auto& [name, family] : families_) {
    prometheus::MetricFamily& converted = all.emplace_back();
    converted.name = name;
    converted.help = family.help;
    converted.type = family.kind == Kind::kCounter   ? prometheus::MetricType::Counter
                     : family.kind == Kind::kGauge   ? prometheus::MetricType::Gauge
                     : family.kind == Kind::kSummary ? prometheus::MetricType::Summary
                                                     : prometheus::MetricType::Histogram;
    for (const Sample& sample : family.samples) {
      prometheus::ClientMetric& metric = converted.metric.emplace_back();
      metric.label = labels_of(sample.labels);
      metric.counter.value = sample.value;
      metric.gauge.value = sample.value;
      if (family.kind == Kind::kHistogram) fill(metric.histogram, sample.counts);
      if (family.kind == Kind::kSummary) fill(metric.summary, sample.summary);
    }
  }
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace foretide
