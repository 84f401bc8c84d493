// What was seen of a worker's service time at different loads, in a bounded table: the evidence of
// which `capacity_estimate` makes a number.
//
// Loads fall into bins, three to a doubling. What is kept is not how long requests took at a load,
// but how much longer than, a few minutes before, at another load at the same worker: the mean
// difference of logarithms for each pair of bins. So what changes by itself (a data set that grows,
// a cache that fills, a slower database, another mix of requests by day) cancels out, as demand
// comes and goes both ways, and slow and fast hosts are each held against themselves. Example: 100
// ms at load 2 and, a minute later, 150 ms at load 6 is one difference of log 1.5 between two bins.
//
// Moments are paired by the rate at which requests came, not by their load. Requests that happen to
// take long make a high load and a long service time with nobody waiting for anybody, so that long
// times at high loads prove nothing; long times at high rates do, as how often requests come does
// not depend on how long they take. (The rate parts the moments, as in Wald, "The fitting of
// straight lines if both variables are subject to error", 1940.) A pair has its loads' means too.
//
// Each stretch weighs one in all, however many earlier ones it is held against. A pair or a bin
// that has much forgets its oldest as new comes, and what is not seen again is kept: a load that
// workers are now spared has not become harmless. At most 3,160 pairs of 40 bytes, usually some
// dozens.
#pragma once

#include <map>
#include <utility>

#include "common/time.hpp"
#include "coordinator/core/load_stretch.hpp"

namespace foretide::coordinator {

// What a worker was last seen to take at each rate. Another process begins with none.
class LoadReferences {
 public:
  struct Reference {
    double log_seconds = 0.0, log_load = 0.0;
    Instant at{};
  };
  void add(int bin, double log_seconds, double log_load, Instant at);
  const std::map<int, Reference>& by_bin() const { return by_bin_; }

 private:
  std::map<int, Reference> by_bin_;
};

struct CapacityEvidence {
  static constexpr int kBins = 42;

  // Seconds of workers at loads of one bin.
  struct Bin {
    double seconds = 0.0;
    double own_seconds = 0.0;   // of which the present release's
    double held_seconds = 0.0;  // while other requests waited all the while
    double cpu_seconds = 0.0;   // while the worker used nearly all of its CPU
    double log_load = 0.0;      // sum over seconds
    double load() const;        // mean
  };
  static constexpr int kRates = 80;
  // Of one bin of rates.
  struct Rate {
    double seconds = 0.0;
    double log_load = 0.0;  // sum over seconds
    double load() const;    // mean
  };
  // How much longer requests took at the higher rate, in logarithms.
  struct Pair {
    double weight = 0.0, sum = 0.0, squares = 0.0;
    double log_higher = 0.0, log_lower = 0.0;  // sums too, of the loads that were compared
  };
  std::map<int, Bin> bins;
  std::map<int, Rate> rates;
  std::map<std::pair<int, int>, Pair> pairs;  // by (higher, lower) bin of rates

  void add(const LoadStretch& stretch, bool uses_all_cpu, LoadReferences& references);
  // Of another release: counts for that much, and for nothing as the present one's own.
  CapacityEvidence carried_over(double share) const;
};

int bin_of(double load);
int rate_bin_of(double requests_per_second);

}  // namespace foretide::coordinator
