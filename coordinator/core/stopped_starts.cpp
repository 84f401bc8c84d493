#include "coordinator/core/stopped_starts.hpp"

#include <cmath>

#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

std::string sentence_of(const StoppedStarts& stopped) {
  std::string text = text_of("starts stopped: %u of the last %u starts of release %s failed",
                             stopped.failures, stopped.starts, stopped.release.text.c_str());
  if (!stopped.reason.empty()) text += ": " + stopped.reason;
  if (!stopped.next_trial_seconds) return text + "; a trial is under way";
  return text + text_of("; next trial in %.0f s", std::ceil(*stopped.next_trial_seconds));
}

}  // namespace

std::optional<StoppedStarts> stopped_starts_of(const ServiceRecord& service, Instant now) {
  const SpawnBreaker& breaker = service.breaker;
  if (!breaker.is_open()) return std::nullopt;
  StoppedStarts stopped{.text = {},
                        .release = service.release,
                        .failures = breaker.failures(),
                        .starts = breaker.starts(),
                        .reason = breaker.last_failure().reason,
                        .output = breaker.last_failure().output,
                        .next_trial_seconds = {}};
  if (!breaker.trial()) stopped.next_trial_seconds = seconds_in(breaker.until_trial(now));
  stopped.text = sentence_of(stopped);
  return stopped;
}

}  // namespace foretide::coordinator
