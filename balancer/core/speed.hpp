// How fast one worker is beside the others of its service: 1 is the same, 3 takes three times as
// long.
//
// What is learned is the logarithm of the time that a request was in service at the worker (from
// when the worker can have begun on it, see `concurrency`), because service times spread by
// factors: one answer of 2 s among many of 20 ms moves a mean by a multiple and the mean of the
// logarithms by a fraction. The newest sixteen count, each less the older it is (by e in two
// seconds), and they are weighed against four that say "as the others": so a worker is believed to
// be slow after some ten slow answers in a row, within a second under load, and one that is kept
// idle for being slow is believed to be as the others again after a few seconds, and gets to show
// it. Example: ten answers of 60 ms where others take 20 ms make 2.2.
//
// Within a quarter of the others it is the same speed, so that noise does not upset an even spread.
//
// Pure values of one thread. Not here: answers that tell nothing of speed, such as errors, are not
// learned from (`endpoint_set`).
#pragma once

#include <cstdint>

#include "common/time.hpp"

namespace foretide::balancer {

// The service times of a service's workers together.
class ServiceTime {
 public:
  void learn(double log_seconds);
  bool is_known() const { return samples_ >= 16.0; }
  double log_mean() const { return log_mean_; }
  double variance() const { return variance_; }  // of the logarithm
  double seconds_mean() const;                   // were it log-normal

 private:
  double samples_ = 0.0, log_mean_ = 0.0, variance_ = 1.0;
};

class Speed {
 public:
  void learn(double log_seconds, Instant now);
  // Times as long as the service's workers together.
  double relative(const ServiceTime& service, Instant now) const;
  // What the logarithm of its next service time is expected to be.
  double log_expected(const ServiceTime& service, Instant now) const;

 private:
  double weight(Instant now) const;

  Instant learned_at_{};
  double weight_ = 0.0, log_mean_ = 0.0;
};

}  // namespace foretide::balancer
