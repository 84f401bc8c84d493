// Metrics as Prometheus reads them. Built anew for every scrape from what the program knows at that
// moment, so that nothing has to be registered, updated or forgotten:
//
//     Exposition metrics;
//     metrics.counter("foretide_requests_total", "Requests that arrived.", {{"service", "web"}},
//     17); response.body = metrics.text();
//
// Names are checked, since they are a promise to every dashboard: `foretide_`, lower case, base
// units last
// (`_seconds`, `_bytes`, `_ratio`), `_total` for counters and for nothing else. Labels must be
// bounded: a service, a node, a worker; never a path or an address of a client. What is not known
// is not sent.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/metrics/histogram.hpp"

namespace foretide {

// Quantiles of the latest observations; how many there were ever, and their sum.
struct SummaryCounts {
  std::map<double, double> quantiles;
  std::uint64_t total = 0;
  double sum = 0.0;
};

class Exposition {
 public:
  using Labels = std::map<std::string, std::string>;

  void counter(const std::string& name, const std::string& help, Labels labels, double value);
  void gauge(const std::string& name, const std::string& help, Labels labels, double value);
  // In seconds, with a bucket for each octave from half a millisecond to 69 s.
  void histogram(const std::string& name, const std::string& help, Labels labels,
                 const HistogramCounts& counts);
  void summary(const std::string& name, const std::string& help, Labels labels,
               const SummaryCounts& counts);

  std::string text() const;
  static const char* content_type() { return "text/plain; version=0.0.4; charset=utf-8"; }

 private:
  enum class Kind { kCounter, kGauge, kHistogram, kSummary };
  struct Sample {
    Labels labels;
    double value = 0.0;
    HistogramCounts counts;
    SummaryCounts summary;
  };
  struct Family {
    Kind kind = Kind::kGauge;
    std::string help;
    std::vector<Sample> samples;
  };
  Family& family(const std::string& name, const std::string& help, Kind kind);

  std::map<std::string, Family> families_;
};

}  // namespace foretide
