#include "common/settings/service_section.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "common/settings/balance_section.hpp"
#include "common/settings/cluster_keys.hpp"
#include "common/settings/forwarding_section.hpp"
#include "common/settings/scale_section.hpp"
#include "common/settings/signals_section.hpp"
#include "common/settings/tls_section.hpp"
#include "common/settings/worker_section.hpp"

namespace foretide::settings {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kNameMost = 63;
constexpr std::uint32_t kCapacityMost = 100'000;
constexpr std::size_t kUpstreamsMost = 1'000;
constexpr std::array<std::string_view, 7> kOnlyWithCommand{"env",   "workdir", "user", "engine",
                                                           "needs", "scale",   "stop"};

bool is_service_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= kNameMost && name.front() != '-' && name.back() != '-' &&
         std::all_of(name.begin(), name.end(), fits);
}

// soft = 0.8 * hard unless given, and at least 1: a worker is well used a little before it is full.
// With neither it is not given, and learned.
void read_capacity(const Section& service, ServiceSettings& settings) {
  if (const auto capacity = service.section("capacity", keys::kCapacity)) {
    settings.capacity_hard = capacity->whole("hard", {1, kCapacityMost});
    const auto soft = capacity->number("soft", {0.01, kCapacityMost});
    if (settings.capacity_hard)
      settings.capacity_soft = std::max(1.0, 0.8 * *settings.capacity_hard);
    if (soft) settings.capacity_soft = *soft;
    if (soft && settings.capacity_hard && *soft > *settings.capacity_hard) {
      capacity->report("soft", "'soft' is more than 'hard', which is " +
                                   std::to_string(*settings.capacity_hard) +
                                   ", lower it or leave it out");
    }
  }
  settings.traffic.hard_capacity = settings.capacity_hard;
  settings.traffic.soft_capacity =
      static_cast<std::uint32_t>(std::ceil(settings.capacity_soft.value_or(kCapacityPrior)));
}

void read_traffic_policy(const Section& service, wire::TrafficPolicy& policy) {
  read_balance(service, policy);
  read_queue(service, policy);
  read_ready_probe(service, policy);
  policy.eject = service.flag("eject").value_or(policy.eject);
  if (const auto timeouts = service.section("timeouts", keys::kTimeouts)) {
    policy.connect_timeout =
        timeouts->duration("connect", {1ms, 10min}).value_or(policy.connect_timeout);
    policy.response_timeout =
        timeouts->duration("response", {1ms, 24h}).value_or(policy.response_timeout);
    policy.idle_timeout = timeouts->duration("idle", {1ms, 24h}).value_or(policy.idle_timeout);
    policy.total_timeout = timeouts->duration("total", {0ms, 24h}).value_or(policy.total_timeout);
    policy.tunnel_timeout = timeouts->duration("tunnel", {1s, 24h}).value_or(policy.tunnel_timeout);
  }
  if (const auto tls = service.section("tls", keys::kUpstreamTls)) {
    policy.tls = upstream_tls_in(*tls);
  }
}

std::vector<Address> upstreams_in(const Section& service) {
  std::vector<Address> upstreams;
  std::map<Address, int> lines;
  for (auto& [address, at] : service.addresses("upstreams", AddressUse::kDial)) {
    const auto [known, is_new] = lines.try_emplace(address, at.line);
    if (is_new) {
      upstreams.push_back(std::move(address));
    } else {
      service.problems().add(at, "'" + address.text() + "' is given twice, first on line " +
                                     std::to_string(known->second));
    }
  }
  if (upstreams.size() > kUpstreamsMost) {
    service.report("upstreams", "'upstreams' has " + std::to_string(upstreams.size()) +
                                    " addresses, at most " + std::to_string(kUpstreamsMost));
  }
  return upstreams;
}

// Exactly one of `command` and `upstreams`; what is for workers only has no place beside the
// latter.
void check_kind(const Section& service, const std::string& name, ReadFor reader) {
  const bool command = service.has("command");
  const bool upstreams = service.has("upstreams");
  if (reader == ReadFor::kStandalone && command && !upstreams) {
    service.report("command", "'" + name +
                                  "' has a 'command', which needs a coordinator, a standalone "
                                  "balancer serves 'upstreams' only");
  } else if (command && upstreams) {
    service.report("upstreams", "'" + name + "' has a 'command' and 'upstreams', keep one of them");
  } else if (!command && !upstreams) {
    service.require(
        reader == ReadFor::kStandalone ? "upstreams" : "command",
        reader == ReadFor::kStandalone
            ? "write for example upstreams: [\"127.0.0.1:9001\"]; a 'command' needs a coordinator"
            : "write for example command: ./server --port {port}, or upstreams: [...] for "
              "servers that run already");
  }
  if (!upstreams || command) return;
  for (const auto key : kOnlyWithCommand) {
    if (!service.has(key)) continue;
    service.report(key, "'" + std::string(key) + "' means nothing beside 'upstreams', remove it");
  }
  const YamlEntry* probe = service.entry("probe");
  if (probe != nullptr && probe->value.find("start") != nullptr) {
    service.report("probe", "'probe.start' means nothing beside 'upstreams', remove it");
  }
}

}  // namespace

PlacedService service_in(const YamlEntry& entry, ReadFor reader, Problems& problems) {
  if (!is_service_name(entry.key)) {
    problems.add(entry.key_at, "'" + entry.key.substr(0, kNameMost) +
                                   "' cannot name a service, use a-z, 0-9 and -, " +
                                   "not at the ends, at most " + std::to_string(kNameMost));
  }
  const Section section(entry.value, entry.key, keys::kService, problems);
  PlacedService placed;
  ServiceSettings& settings = placed.settings;
  settings.id = ServiceId{entry.key};
  check_kind(section, entry.key, reader);
  placed.matches = matches_in(section, settings.id);
  for (const auto& match : placed.matches) settings.matches.push_back(match.match);
  settings.worker = worker_in(section);
  settings.upstreams = upstreams_in(section);
  settings.scale = scale_in(section);
  settings.worker.metrics = metrics_of(settings.scale.signals);
  read_capacity(section, settings);
  read_traffic_policy(section, settings.traffic);
  if (settings.traffic.tls && settings.worker.start.kind == ProbeSpec::Kind::kHttp) {
    section.report("probe",
                   "'probe' asks by http, which a worker that speaks TLS does not hear, "
                   "use start: {tcp: true}");
  }
  read_forwarding(section, settings.traffic);
  return placed;
}

}  // namespace foretide::settings
