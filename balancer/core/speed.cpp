#include "balancer/core/speed.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::balancer {
namespace {

constexpr double kServiceSamples = 256.0;  // that the service's mean goes back
constexpr double kVarianceSamplesLeast = 16.0;
constexpr double kSamples = 16.0;      // that a worker's mean goes back
constexpr double kFadeSeconds = 2.0;   // in which what was learned loses its weight by e
constexpr double kOthersWeight = 4.0;  // samples that say "as the others"
constexpr double kSameLog = 0.22314;   // log(1.25)

}  // namespace

void ServiceTime::learn(double log_seconds) {
  samples_ = std::min(samples_ + 1.0, kServiceSamples);
  const double off = log_seconds - log_mean_;
  log_mean_ += off / samples_;
  if (samples_ > 1.0) {
    variance_ += (off * off - variance_) / std::max(samples_, kVarianceSamplesLeast);
  }
}

double ServiceTime::seconds_mean() const {
  return std::exp(log_mean_ + variance_ / 2.0);
}

double Speed::weight(Instant now) const {
  if (weight_ == 0.0) return 0.0;
  return weight_ * std::exp(-seconds_in(now - learned_at_) / kFadeSeconds);
}

void Speed::learn(double log_seconds, Instant now) {
  const double before = weight(now);
  log_mean_ = (log_mean_ * before + log_seconds) / (before + 1.0);
  weight_ = std::min(before + 1.0, kSamples);
  learned_at_ = now;
}

double Speed::log_expected(const ServiceTime& service, Instant now) const {
  const double own = weight(now);
  return service.log_mean() + own / (own + kOthersWeight) * (log_mean_ - service.log_mean());
}

double Speed::relative(const ServiceTime& service, Instant now) const {
  const double off = log_expected(service, now) - service.log_mean();
  return std::abs(off) < kSameLog ? 1.0 : std::exp(off);
}

}  // namespace foretide::balancer
