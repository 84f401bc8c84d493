#include "common/settings/signals_section.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "common/settings/asked_signals.hpp"
#include "common/settings/byte_sizes.hpp"
#include "common/settings/cluster_keys.hpp"
#include "common/settings/durations.hpp"
#include "common/settings/numbers.hpp"

namespace foretide::settings {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSignalsMost = 10;  // each is looked at in every decision
// A queue may have a metric, so it comes first.
constexpr std::array<std::string_view, 6> kKinds{"latency",  "cpu",   "memory",
                                                 "requests", "queue", "metric"};
constexpr std::array<std::string_view, 1> kOf{"needs"};

// "p95" is 95.
std::optional<double> percentile_in(const Section& signal) {
  const auto text = signal.text("latency");
  if (!text) return std::nullopt;
  const auto number =
      text->starts_with('p') ? parse_number(std::string_view(*text).substr(1)) : std::nullopt;
  if (number && *number >= 1.0 && *number <= 99.9) return number;
  const YamlNode& value = signal.entry("latency")->value;
  signal.problems().add(value.at, "'latency' is " + shown(value) +
                                      ", wants the percentile that is meant, such as p95, from p1 "
                                      "to p99.9");
  return std::nullopt;
}

std::optional<Signal> latency_in(const Section& signal) {
  const auto percentile = percentile_in(signal);
  signal.require("below", "write the limit such as below: 300ms");
  const auto below = signal.duration("below", {1ms, 10min});
  if (!percentile || !below) return std::nullopt;
  return LatencyLimit{*percentile, *below};
}

std::optional<Signal> cpu_in(const Section& signal) {
  const auto share = signal.share("cpu", {0.01, 10.0});
  return share ? std::optional<Signal>(CpuLimit{*share}) : std::nullopt;
}

bool gives_memory(const Section& service) {
  const YamlEntry* needs = service.entry("needs");
  const YamlEntry* memory = needs != nullptr ? needs->value.find("memory") : nullptr;
  // One that cannot be read is told where it stands.
  return memory != nullptr && parse_byte_size(memory->value.text) != std::uint64_t{0};
}

std::optional<Signal> memory_in(const Section& signal, const Section& service) {
  const auto share = signal.share("memory", {0.01, 10.0});
  if (!gives_memory(service)) {
    signal.report("memory",
                  "'memory' is a share of 'needs.memory', which the service does not give, write "
                  "for example needs: {memory: 2GiB}");
    return std::nullopt;
  }
  return share ? std::optional<Signal>(MemoryLimit{*share}) : std::nullopt;
}

std::optional<Signal> requests_in(const Section& signal) {
  const auto rate = signal.number("requests", {0.001, 1'000'000.0});
  return rate ? std::optional<Signal>(RequestRate{*rate}) : std::nullopt;
}

// Keys that say more of some kinds of signals, and of which.
struct Detail {
  std::string_view key;
  std::vector<std::string_view> kinds;
};

const std::vector<Detail>& details() {
  static const std::vector<Detail> all{{"below", {"latency", "metric"}},
                                       {"of", {"cpu", "memory"}},
                                       {"field", {"queue"}},
                                       {"per_worker", {"queue"}},
                                       {"every", {"queue"}},
                                       {"path", {"metric"}},
                                       {"take", {"metric"}},
                                       {"rate", {"metric"}},
                                       {"name", {"queue", "metric"}}};
  return all;
}

void refuse_strangers(const Section& signal, std::string_view kind) {
  for (const auto other : kKinds) {
    if (other == kind || !signal.has(other)) continue;
    if (kind == "queue" && other == "metric") continue;
    signal.report(other, "'" + std::string(other) + "' beside '" + std::string(kind) +
                             "' in one signal, write it as another item of the list");
  }
  for (const Detail& detail : details()) {
    const auto& kinds = detail.kinds;
    if (!signal.has(detail.key) || std::find(kinds.begin(), kinds.end(), kind) != kinds.end())
      continue;
    std::string with = "'" + std::string(kinds.front()) + "'";
    if (kinds.size() > 1) with += " and '" + std::string(kinds.back()) + "'";
    signal.report(detail.key, "'" + std::string(detail.key) + "' goes with " + with +
                                  ", not with '" + std::string(kind) + "'");
  }
}

// A misspelt kind was told already.
void refuse_none(const Section& signal, const YamlNode& node) {
  const auto is_known = [](const YamlEntry& entry) {
    const auto& keys = keys::kSignals.built;
    return std::find(keys.begin(), keys.end(), entry.key) != keys.end();
  };
  if (node.kind != YamlNode::Kind::kMap) return;
  if (!std::all_of(node.entries.begin(), node.entries.end(), is_known)) return;
  signal.problems().add(
      node.at,
      "a signal is one of latency, cpu, memory, requests, queue and metric, write "
      "for example {cpu: 80%}");
}

std::optional<Signal> signal_in(const YamlNode& node, const Section& scale,
                                const Section& service) {
  const Section signal(node, "signals", keys::kSignals, scale.problems());
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(),
                                 [&](std::string_view each) { return signal.has(each); });
  if (kind == kKinds.end()) {
    refuse_none(signal, node);
    return std::nullopt;
  }
  refuse_strangers(signal, *kind);
  signal.choice("of", kOf);
  if (*kind == "latency") return latency_in(signal);
  if (*kind == "cpu") return cpu_in(signal);
  if (*kind == "memory") return memory_in(signal, service);
  if (*kind == "queue") return queue_in(signal);
  if (*kind == "metric") return metric_in(signal, service);
  return requests_in(signal);
}

// Where the list is not there at all, or cannot be read as one, there is nothing to read.
const YamlNode* list_in(const Section& scale, const Section& service) {
  const YamlEntry* entry = scale.entry("signals");
  if (entry == nullptr) return nullptr;
  const YamlNode& list = entry->value;
  if (service.has("upstreams") && !service.has("command")) {
    scale.report("signals",
                 "'signals' tell how workers of ours fare, and 'upstreams' are none, remove it");
  } else if (list.kind != YamlNode::Kind::kList) {
    scale.problems().add(list.at, "'signals' is " + shown(list) +
                                      ", wants a list such as [{latency: p95, below: 300ms}, "
                                      "{cpu: 80%}]");
  } else {
    return &list;
  }
  return nullptr;
}

struct Text {
  std::string operator()(const LatencyLimit& limit) const {
    return "latency p" + number_text(limit.percentile) + " below " + duration_text(limit.below);
  }
  std::string operator()(const CpuLimit& limit) const {
    return "cpu " + share_text(limit.share) + " of needs";
  }
  std::string operator()(const MemoryLimit& limit) const {
    return "memory " + share_text(limit.share) + " of needs";
  }
  std::string operator()(const RequestRate& rate) const {
    return "requests " + number_text(rate.per_worker);
  }
  std::string operator()(const QueueDepth& queue) const { return text_for(queue); }
  std::string operator()(const MetricLimit& limit) const { return text_for(limit); }
};

bool can_be_named(const Signal& signal) {
  return std::holds_alternative<QueueDepth>(signal) || std::holds_alternative<MetricLimit>(signal);
}

}  // namespace

std::vector<Signal> signals_in(const Section& scale, const Section& service) {
  std::vector<Signal> signals;
  const YamlNode* list = list_in(scale, service);
  if (list == nullptr) return signals;
  // All are read, so that what is wrong with others is told at once too.
  if (list->items.size() > kSignalsMost) {
    scale.problems().add(list->items[kSignalsMost].at,
                         "a signal too many, " + std::to_string(kSignalsMost) + " at most");
  }
  std::map<std::string, int> lines;
  for (const YamlNode& item : list->items) {
    const auto signal = signal_in(item, scale, service);
    if (!signal) continue;
    const auto [known, is_new] = lines.try_emplace(name_of(*signal), item.at.line);
    if (is_new) {
      signals.push_back(*signal);
    } else {
      scale.problems().add(
          item.at,
          "'" + known->first + "' is given twice, first on line " + std::to_string(known->second) +
              (can_be_named(*signal) ? ", give each a name: of its own" : ", keep one of them"));
    }
  }
  return signals;
}

std::vector<WorkerMetric> metrics_of(const std::vector<Signal>& signals) {
  std::vector<WorkerMetric> metrics;
  for (const Signal& signal : signals) {
    const auto* limit = std::get_if<MetricLimit>(&signal);
    if (limit == nullptr) continue;
    if (std::find(metrics.begin(), metrics.end(), limit->metric) != metrics.end()) continue;
    metrics.push_back(limit->metric);
  }
  return metrics;
}

std::string scale_signal_text(const Signal& signal) {
  return std::visit(Text{}, signal);
}

}  // namespace foretide::settings
