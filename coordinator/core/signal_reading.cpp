#include "coordinator/core/signal_reading.hpp"

#include "coordinator/core/metric_signal.hpp"
#include "coordinator/core/queue_signal.hpp"
#include "coordinator/core/service_record.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::uint64_t kRequestsLeast = 20;

std::string time_text(double seconds) {
  return seconds < 1.0 ? text_of("%.3g ms", seconds * 1000.0) : text_of("%.3g s", seconds);
}

std::string share_text(double share) {
  return text_of("%.3g %%", share * 100.0);
}

const Needs& needs_of(const ServiceRecord& service, const WorkerRecord& worker) {
  const auto spec = service.specs.find(worker.release);
  return spec != service.specs.end() ? spec->second.needs : service.settings->worker.needs;
}

// The mean over the workers that have a value; nothing where those are fewer than half.
struct Shares {
  double sum = 0.0;
  std::uint32_t workers = 0;
  void add(const std::optional<double>& share) {
    if (!share) return;
    sum += *share;
    ++workers;
  }
};

struct Measure {
  const ServiceRecord& service;
  std::uint32_t ready;
  Instant from;

  SignalReading operator()(const LatencyLimit& limit) const {
    SignalReading reading{.limit = seconds_in(limit.below)};
    const DurationCounts durations = service.signals.durations.since(from);
    if (!has_warm(service.workers)) {
      reading.missing = text_of("no worker has been ready for %.0f s", seconds_in(kWarmUp));
    } else if (const auto total = durations.total(); total < kRequestsLeast) {
      reading.missing = counted(total, "request was", "requests were") +
                        text_of(" answered in the last %.0f s, it takes at least %u",
                                seconds_in(kSignalWindow), static_cast<unsigned>(kRequestsLeast));
    } else {
      reading.value = seconds_in(*durations.quantile(limit.percentile / 100.0));
      reading.words = time_text(*reading.value) + " of " + time_text(reading.limit);
    }
    return reading;
  }

  SignalReading operator()(const CpuLimit& limit) const {
    Shares shares;
    for (const auto& [id, worker] : service.workers) {
      if (worker.stage != WorkerStage::kServing || !worker.is_warm()) continue;
      const double cpus = needs_of(service, worker).cpus;
      const auto cores = worker.usage.cpu_cores_since(from);
      shares.add(cores ? std::optional(*cores / (cpus > 0.0 ? cpus : 1.0)) : std::nullopt);
    }
    return of_workers(shares, limit.share);
  }

  SignalReading operator()(const MemoryLimit& limit) const {
    Shares shares;
    for (const auto& [id, worker] : service.workers) {
      if (worker.stage != WorkerStage::kServing || !worker.is_warm()) continue;
      const auto needed = static_cast<double>(needs_of(service, worker).memory_bytes);
      const auto bytes = worker.usage.resident_bytes_since(from);
      shares.add(bytes && needed > 0.0 ? std::optional(*bytes / needed) : std::nullopt);
    }
    return of_workers(shares, limit.share);
  }

  // The last two seconds of which everything is known.
  SignalReading operator()(const RequestRate& rate) const {
    SignalReading reading{.limit = rate.per_worker};
    const DemandSeries& series = service.series;
    const auto last = series.arrivals(series.end() - 1), before = series.arrivals(series.end() - 2);
    if (ready == 0) {
      reading.missing = "no worker is ready";
    } else if (!last) {
      reading.missing = "the requests of the last seconds are not known";
    } else {
      reading.value = (*last + before.value_or(*last)) / 2.0 / ready;
      reading.words = text_of("%.4g requests a second for each ready worker, of %.4g",
                              *reading.value, reading.limit);
    }
    return reading;
  }

  SignalReading operator()(const QueueDepth& queue) const {
    return queue_reading(queue, service, ready, from + kSignalWindow);
  }

  SignalReading operator()(const MetricLimit& limit) const {
    return metric_reading(limit, service, ready, from);
  }

 private:
  SignalReading of_workers(const Shares& shares, double limit) const {
    SignalReading reading{.limit = limit};
    if (shares.workers == 0 || shares.workers * 2 < ready) {
      reading.missing = too_few_samples(shares.workers, ready);
    } else {
      reading.value = shares.sum / shares.workers;
      reading.words = share_text(*reading.value) + " of " + share_text(limit);
    }
    return reading;
  }
};

}  // namespace

std::optional<double> SignalReading::ratio() const {
  return value && limit > 0.0 ? std::optional(*value / limit) : std::nullopt;
}

SignalReading::State SignalReading::state() const {
  const auto share = ratio();
  if (!share) return State::kUnknown;
  if (*share > 1.0) return State::kBreached;
  return *share > kNearShare ? State::kNear : State::kFine;
}

const char* name_of(SignalReading::State state) {
  switch (state) {
    case SignalReading::State::kUnknown:
      return "unknown";
    case SignalReading::State::kFine:
      return "fine";
    case SignalReading::State::kNear:
      return "near";
    case SignalReading::State::kBreached:
      break;
  }
  return "breached";
}

std::string too_few_samples(std::uint32_t workers, std::uint32_t ready) {
  if (ready == 0) return "no worker is ready";
  const std::string within = text_of(" reported it in the last %.0f s", seconds_in(kSignalWindow));
  if (ready == 1) return "the only ready worker has not" + within;
  return text_of("%u of %u ready workers %s", workers, ready, workers == 1 ? "has" : "have") +
         within + text_of(", at least half must: %u", (ready + 1) / 2);
}

SignalReading reading_of(const Signal& signal, const ServiceRecord& service, std::uint32_t ready,
                         Instant from) {
  SignalReading reading = std::visit(Measure{service, ready, from}, signal);
  reading.name = foretide::name_of(signal);
  if (!reading.value) reading.words = "not known: " + reading.missing;
  return reading;
}

std::vector<SignalReading> signal_readings(const ServiceRecord& service, std::uint32_t ready,
                                           Instant now) {
  std::vector<SignalReading> readings;
  if (!service.settings) return readings;
  for (const Signal& signal : service.settings->scale.signals) {
    readings.push_back(reading_of(signal, service, ready, now - kSignalWindow));
  }
  return readings;
}

}  // namespace foretide::coordinator
