#include "balancer/core/concurrency.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::balancer {
namespace {

constexpr double kOddsBelieved = 6.0;  // e^6 to 1
// Belief has to be given up within a few requests. What speaks against is kept longer: when more
// come than are seen, those that were seen end one by one, the quick ones first, which speak
// against, and then the slow ones, which seem to speak for.
constexpr double kOddsMost = 20.0, kOddsLeast = -60.0;
constexpr double kGainMost = 2.0, kLossMost = 4.0;  // of one request
constexpr double kHalfAsManyAgain = 0.4055;         // log(1.5)
constexpr double kFade = 0.999;                     // of older requests, with each new one
constexpr double kVarianceLeast = 0.04;  // times that are the same to a fifth count as equal
constexpr double kSecondsLeast = 1e-6;
constexpr std::chrono::minutes kDoubtMost{10};
constexpr double kServiceSecondsLeast = 0.002;  // below this there is no limit
constexpr std::uint32_t kExtraLeast = 2, kExtraMost = 16, kExtraIsMany = 8;
constexpr std::chrono::milliseconds kExtraGap{1000}, kExtraGapWhenMany{250};

// Of ending after just that time in service.
double log_density(double seconds, double log_expected, double variance) {
  const double log_seconds = std::log(std::max(seconds, kSecondsLeast));
  const double off = log_seconds - log_expected;
  return -off * off / (2.0 * variance) - log_seconds;
}

void add(double& odds, double gain) {
  odds = std::clamp(odds * kFade + gain, kOddsLeast, kOddsMost);
}

// In service for how long, did its worker serve `at_once`; nothing when it cannot have begun.
std::optional<double> in_service(const Overlap& overlap, std::uint32_t at_once) {
  if (overlap.before < at_once) return overlap.seconds;
  if (overlap.left >= at_once) return std::nullopt;
  return overlap.since[at_once - 1];
}

}  // namespace

void Overlaps::begin(Instant now) {
  if (size_ == kSeenMost) {
    ++unseen_;
    return;
  }
  seen_[size_] = {.began = now, .before = size_, .left = size_, .is_certain = unseen_ == 0};
  ++size_;
}

std::optional<std::size_t> Overlaps::find(Instant began) const {
  for (std::size_t i = 0; i < size_; ++i) {
    if (seen_[i].began == began) return i;
  }
  return std::nullopt;
}

void Overlaps::take_out(std::size_t at) {
  std::move(seen_.begin() + static_cast<std::ptrdiff_t>(at) + 1, seen_.begin() + size_,
            seen_.begin() + static_cast<std::ptrdiff_t>(at));
  --size_;
}

void Overlaps::end_unseen() {
  if (unseen_ == 0) {  // which one is not known: look away until all have ended
    unseen_ = size_;
    size_ = 0;
  }
  if (unseen_ > 0) --unseen_;
}

std::optional<Overlap> Overlaps::end(Instant began, Instant now) {
  const auto at = find(began);
  if (!at) {
    end_unseen();
    return std::nullopt;
  }
  const Seen ended = seen_[*at];
  take_out(*at);
  for (std::size_t i = *at; i < size_; ++i) {
    const auto left = --seen_[i].left;
    if (left < kAtOnceMost) seen_[i].left_at[left] = now;
  }
  Overlap overlap{.before = ended.before,
                  .left = ended.left,
                  .seconds = seconds_in(now - began),
                  .is_certain = ended.is_certain};
  for (std::uint32_t k = ended.left; k < kAtOnceMost; ++k) {
    overlap.since[k] = k < ended.before ? seconds_in(now - ended.left_at[k]) : overlap.seconds;
  }
  return overlap;
}

void Overlaps::drop(Instant began) {
  const auto at = find(began);
  if (!at) return end_unseen();
  take_out(*at);
  for (std::size_t i = *at; i < size_; ++i) {
    --seen_[i].left;
    seen_[i].is_certain = false;
  }
}

void Concurrency::learn(const Overlap& overlap, double log_expected, const ServiceTime& service,
                        Instant now) {
  if (!overlap.is_certain || overlap.before == 0 || !service.is_known()) return;
  const double variance = std::max(service.variance(), kVarianceLeast);
  const double at_once = log_density(overlap.seconds, log_expected, variance);
  for (std::uint32_t k = 1; k <= std::min(kAtOnceMost, overlap.before); ++k) {
    const auto seconds = in_service(overlap, k);
    const double gain =
        seconds ? log_density(*seconds, log_expected, variance) - at_once : -kLossMost;
    add(odds_[k - 1], std::clamp(gain, -kLossMost, kGainMost));
  }
  believe(service, now);
}

void Concurrency::believe(const ServiceTime& service, Instant now) {
  const auto best = std::max_element(odds_.begin(), odds_.end());
  const bool holds = *best > kOddsBelieved && service.seconds_mean() >= kServiceSecondsLeast;
  if (holds && now >= doubted_until_) {
    limit_ = static_cast<std::uint32_t>(best - odds_.begin()) + 1;
  } else if (limit_) {
    limit_.reset();
    doubted_until_ = now + doubt_;
    doubt_ = std::min<Duration>(2 * doubt_, kDoubtMost);
  }
}

// The number that ends in a given time is uncertain by its square root times the spread of service
// times. Asked is: how likely is this number from a worker that ends half as many again, against
// one that ends what it should?
void Concurrency::judge(std::uint32_t ended, Duration took, double log_expected,
                        const ServiceTime& service, Instant now) {
  const double seconds = seconds_in(took);
  if (!limit_ || ended == 0 || seconds <= 0.0) return;
  const double variance = std::max(service.variance(), kVarianceLeast);
  const double usual = *limit_ / std::exp(log_expected + variance / 2.0);
  const double more = std::log(ended / seconds / usual);
  const double uncertain = std::expm1(variance) / ended;
  const double loss = kHalfAsManyAgain * (more - kHalfAsManyAgain / 2.0) / uncertain;
  add(odds_[*limit_ - 1], -std::clamp(loss, -kGainMost, kOddsMost));
  believe(service, now);
}

double Concurrency::service_seconds(const Overlap& overlap) const {
  if (!limit_) return overlap.seconds;
  return in_service(overlap, *limit_).value_or(overlap.seconds);
}

std::uint32_t Concurrency::extra_for(Duration waited, const ServiceTime& service, Instant now) {
  if (!limit_ || now < next_extra_) return 0;
  const double times = seconds_in(waited) / service.seconds_mean();
  if (times < kExtraLeast) return 0;
  const auto extra = static_cast<std::uint32_t>(std::min<double>(times, kExtraMost));
  next_extra_ = now + (extra < kExtraIsMany ? kExtraGap : kExtraGapWhenMany);
  return extra;
}

Instant Concurrency::extra_from(Instant since, const ServiceTime& service) const {
  const std::chrono::duration<double> wait(kExtraLeast * service.seconds_mean());
  return std::max(next_extra_, since + std::chrono::duration_cast<Duration>(wait));
}

}  // namespace foretide::balancer
