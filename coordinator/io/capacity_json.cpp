#include "coordinator/io/capacity_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace foretide::coordinator {
namespace {

using Json = nlohmann::json;

constexpr double kLogLoadMost = 12.0;  // of a mean load of 160,000
constexpr std::size_t kBinNumbers = 6, kRateNumbers = 3, kPairNumbers = 7;

Json json_for(const KindCapacity& kind) {
  Json bins = Json::array(), rates = Json::array(), pairs = Json::array();
  for (const auto& [at, bin] : kind.evidence.bins) {
    bins.push_back(
        {at, bin.seconds, bin.own_seconds, bin.held_seconds, bin.cpu_seconds, bin.log_load});
  }
  for (const auto& [at, rate] : kind.evidence.rates) {
    rates.push_back({at, rate.seconds, rate.log_load});
  }
  for (const auto& [at, pair] : kind.evidence.pairs) {
    pairs.push_back({at.first, at.second, pair.weight, pair.sum, pair.squares, pair.log_higher,
                     pair.log_lower});
  }
  Json json{{"release", kind.release.text},
            {"cpus", kind.cpus},
            {"bins", std::move(bins)},
            {"rates", std::move(rates)},
            {"rate_pairs", std::move(pairs)}};
  if (kind.settled) json["settled"] = *kind.settled;
  return json;
}

template <std::size_t kNumbers>
std::optional<std::array<double, kNumbers>> numbers_in(const Json& list) {
  if (!list.is_array() || list.size() != kNumbers) return std::nullopt;
  std::array<double, kNumbers> numbers{};
  for (std::size_t i = 0; i < kNumbers; ++i) {
    if (!list[i].is_number()) return std::nullopt;
    numbers[i] = list[i].get<double>();
    if (!std::isfinite(numbers[i])) return std::nullopt;
  }
  return numbers;
}

bool is_bin(double number, int bins) {
  return number >= 0.0 && number < bins && number == std::floor(number);
}
bool is_rate(double number) {
  return is_bin(number, CapacityEvidence::kRates);
}
bool is_mean_load(double log_load, double seconds) {
  return seconds > 0.0 && std::abs(log_load) <= kLogLoadMost * seconds;
}

std::optional<double> capacity_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number()) return std::nullopt;
  const double capacity = found->get<double>();
  const bool is_learned = capacity >= kLearnedByCpuLeast && capacity <= kLearnedMost;
  return is_learned ? std::optional(capacity) : std::nullopt;
}

Json list_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : Json::array();
}

CapacityEvidence evidence_in(const Json& json) {
  CapacityEvidence evidence;
  for (const Json& row : list_in(json, "bins")) {
    const auto is = numbers_in<kBinNumbers>(row);
    if (!is || !is_bin(is->front(), CapacityEvidence::kBins)) continue;
    if (std::any_of(is->begin() + 1, is->begin() + 5, [](double n) { return n < 0.0; })) continue;
    if (!is_mean_load((*is)[5], (*is)[1])) continue;
    evidence.bins[static_cast<int>(is->front())] = {.seconds = (*is)[1],
                                                    .own_seconds = (*is)[2],
                                                    .held_seconds = (*is)[3],
                                                    .cpu_seconds = (*is)[4],
                                                    .log_load = (*is)[5]};
  }
  for (const Json& row : list_in(json, "rates")) {
    const auto is = numbers_in<kRateNumbers>(row);
    if (!is || !is_rate(is->front()) || !is_mean_load((*is)[2], (*is)[1])) continue;
    evidence.rates[static_cast<int>(is->front())] = {.seconds = (*is)[1], .log_load = (*is)[2]};
  }
  for (const Json& row : list_in(json, "rate_pairs")) {
    const auto is = numbers_in<kPairNumbers>(row);
    if (!is || !is_rate((*is)[0]) || !is_rate((*is)[1]) || (*is)[0] <= (*is)[1]) continue;
    if ((*is)[4] < 0.0) continue;
    if (!is_mean_load((*is)[5], (*is)[2]) || !is_mean_load((*is)[6], (*is)[2])) continue;
    evidence.pairs[{static_cast<int>((*is)[0]), static_cast<int>((*is)[1])}] = {
        .weight = (*is)[2],
        .sum = (*is)[3],
        .squares = (*is)[4],
        .log_higher = (*is)[5],
        .log_lower = (*is)[6]};
  }
  return evidence;
}

}  // namespace

std::string text_for(const LearnedCapacity& learned) {
  Json kinds = Json::array();
  for (const KindCapacity& kind : learned.kinds) kinds.push_back(json_for(kind));
  Json json{{"kinds", std::move(kinds)}};
  if (learned.in_use) json["in_use"] = *learned.in_use;
  return json.dump();
}

LearnedCapacity learned_capacity_in(const std::string& text) {
  constexpr std::size_t kKindsMost = 64;
  LearnedCapacity learned;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return learned;
  learned.in_use = capacity_in(json, "in_use");
  for (const Json& one : list_in(json, "kinds")) {
    if (!one.is_object() || !one.contains("release") || !one["release"].is_string()) continue;
    const auto cpus = one.find("cpus");
    if (cpus == one.end() || !cpus->is_number()) continue;
    if (learned.kinds.size() >= kKindsMost) break;
    KindCapacity* kind = learned.kind_for({one["release"].get<std::string>()}, cpus->get<double>());
    if (kind == nullptr) continue;
    kind->evidence = evidence_in(one);
    kind->estimate = estimate_for(kind->evidence);
    kind->settled = capacity_in(one, "settled");
  }
  return learned;
}

}  // namespace foretide::coordinator
