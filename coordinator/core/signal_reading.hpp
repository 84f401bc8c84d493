// Where one signal of a service stands: its value over the last half minute beside its limit. A
// service with `{latency: p95, below: 300ms}` whose 95th percentile is 280 ms reads 0.28 of 0.3,
// which is near.
//
// Units by signal: seconds for latency, a share (0.8 of what a worker needs) for cpu and memory,
// requests a second for each ready worker for requests, items for each ready worker for a queue, a
// metric's own for a metric. Without enough evidence there is no value, and `missing` says what it
// lacks: 20 requests for latency, samples of half of the ready workers for cpu, memory and metrics.
// Workers that were just started are left out: they use what they use to warm up, and who waited
// for the first of them waited for its start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/signal.hpp"
#include "common/time.hpp"

namespace foretide::coordinator {

struct ServiceRecord;

// From here on a value is near its limit.
inline constexpr double kNearShare = 0.9;

struct SignalReading {
  enum class State : std::uint8_t { kUnknown, kFine, kNear, kBreached };

  std::string name;
  std::optional<double> value;
  double limit = 0.0;
  std::string missing;  // why there is no value
  std::string words;    // "412 ms of 300 ms", or why there is none

  std::optional<double> ratio() const;  // value over limit
  State state() const;
};

const char* name_of(SignalReading::State state);  // unknown, fine, near, breached

// Of workers that were told of in the last kSignalWindow.
std::string too_few_samples(std::uint32_t workers, std::uint32_t ready);

// By what was measured after `from`, at most kSignalWindow ago; of a queue, as it stands
// kSignalWindow after it.
SignalReading reading_of(const Signal& signal, const ServiceRecord& service, std::uint32_t ready,
                         Instant from);

// Of all signals of the service, by the last kSignalWindow; `ready` is how many workers are.
std::vector<SignalReading> signal_readings(const ServiceRecord& service, std::uint32_t ready,
                                           Instant now);

}  // namespace foretide::coordinator
