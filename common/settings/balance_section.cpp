#include "common/settings/balance_section.hpp"

#include <array>
#include <string>
#include <utility>

#include "common/settings/cluster_keys.hpp"
#include "common/settings/header_names.hpp"

namespace foretide::settings {
namespace {

using namespace std::chrono_literals;
using Policy = wire::TrafficPolicy;

constexpr std::uint32_t kQueueMost = 1'000'000;
constexpr std::size_t kNameMost = 256;  // bytes of a header's or cookie's name
constexpr std::array<std::string_view, 4> kBalance{"least-load", "round-robin", "hash",
                                                   "prefix-affinity"};
constexpr std::array<Policy::Balance, 4> kBalanceValues{
    Policy::Balance::kLeastLoad, Policy::Balance::kRoundRobin, Policy::Balance::kHash,
    Policy::Balance::kPrefixAffinity};
constexpr std::array<std::string_view, 2> kOrder{"fifo", "fair"};
constexpr std::array<std::string_view, 2> kOrderUnbuilt{"lifo", "priority"};
constexpr std::array<Policy::QueueOrder, 2> kOrderValues{Policy::QueueOrder::kFifo,
                                                         Policy::QueueOrder::kFair};
constexpr Range<std::uint32_t> kInARow{1, 100};
constexpr std::uint32_t kPromptLook =
    8192;  // bytes of a body; more than most systems' instructions

std::optional<wire::KeySource> key_in(const Section& section) {
  using Kind = wire::KeySource::Kind;
  const auto text = section.text("key");
  if (!text) return std::nullopt;
  if (*text == "address") return wire::KeySource{Kind::kAddress, ""};
  const auto space = text->find(' ');
  const std::string kind = text->substr(0, space);
  const std::string name = space == std::string::npos ? "" : text->substr(space + 1);
  // A cookie's name is made of the same characters as a header's (RFC 6265 section 4.1.1).
  const bool is_name = is_header_name(name) && name.size() <= kNameMost;
  if (kind == "header" && is_name) return wire::KeySource{Kind::kHeader, name};
  if (kind == "cookie" && is_name) return wire::KeySource{Kind::kCookie, name};
  section.report("key", "'key' is " + shown(section.entry("key")->value) +
                            ", wants 'header NAME', 'cookie NAME' or 'address'");
  return std::nullopt;
}

void read_policy(const Section& service, const YamlEntry& entry, Policy& policy) {
  if (entry.value.kind != YamlNode::Kind::kMap) {  // the word alone
    const auto at = service.choice("balance", kBalance);
    if (!at) return;
    policy.balance = kBalanceValues[*at];
    if (policy.balance == Policy::Balance::kHash) {
      service.report("balance",
                     "'balance: hash' needs a key, write for example "
                     "balance: {policy: hash, key: header X-User}");
    }
    return;
  }
  const Section balance(entry.value, "balance", keys::kBalance, service.problems());
  balance.require("policy", "write for example policy: least-load");
  if (const auto at = balance.choice("policy", kBalance)) policy.balance = kBalanceValues[*at];
  policy.balance_key = key_in(balance).value_or(policy.balance_key);
  if (policy.balance == Policy::Balance::kHash) {
    balance.require("key", "write for example key: header X-User");
  } else if (balance.has("key")) {
    balance.report("key", "'key' means something with 'policy: hash' only, remove it");
  }
}

}  // namespace

void read_balance(const Section& service, Policy& policy) {
  const YamlEntry* entry = service.entry("balance");
  if (entry == nullptr) return;
  read_policy(service, *entry, policy);
  if (policy.balance == Policy::Balance::kPrefixAffinity) policy.body_look_bytes = kPromptLook;
}

void read_queue(const Section& service, Policy& policy) {
  const auto queue = service.section("queue", keys::kQueue);
  if (!queue) return;
  policy.queue_max = queue->whole("max", {0, kQueueMost}).value_or(policy.queue_max);
  policy.queue_wait = queue->duration("wait", {0ms, 1h}).value_or(policy.queue_wait);
  if (const auto at = queue->choice("order", kOrder, kOrderUnbuilt)) {
    policy.queue_order = kOrderValues[*at];
  }
  if (policy.queue_order == Policy::QueueOrder::kFair) {
    policy.queue_key = {wire::KeySource::Kind::kAddress, ""};
    policy.queue_key = key_in(*queue).value_or(policy.queue_key);
  } else if (queue->has("key")) {
    queue->report("key", "'key' means something with 'order: fair' only, remove it");
  }
}

void read_ready_probe(const Section& service, Policy& policy) {
  // What else stands under `probe` is read and judged with the worker's settings.
  const YamlEntry* probe = service.entry("probe");
  if (probe == nullptr || probe->value.kind != YamlNode::Kind::kMap) return;
  const YamlEntry* entry = probe->value.find("ready");
  if (entry == nullptr) return;
  const Section ready(entry->value, "ready", keys::kProbeReady, service.problems());
  wire::ReadyProbe& to = policy.ready_probe.emplace();
  if (ready.has("http") && ready.has("tcp")) {
    ready.report("tcp", "'tcp' and 'http' exclude each other, keep one");
  }
  if (const auto path = ready.text("http")) {
    const bool fits = path->starts_with('/') && path->find_first_of(" \t\r\n") == std::string::npos;
    if (!fits) {
      ready.report("http", "'http' is " + shown(ready.entry("http")->value) +
                               ", wants a path such as /healthz");
    }
    to.kind = ProbeSpec::Kind::kHttp;
    to.path = *path;
  }
  if (const auto tcp = ready.flag("tcp"); tcp && !*tcp) {
    ready.report("tcp", "'tcp' is false, wants true, or leave it out for an http probe");
  }
  to.interval = ready.duration("interval", {100ms, 1h}).value_or(to.interval);
  to.timeout = ready.duration("timeout", {10ms, 10min}).value_or(to.timeout);
  to.healthy = ready.whole("healthy", kInARow).value_or(to.healthy);
  to.unhealthy = ready.whole("unhealthy", kInARow).value_or(to.unhealthy);
}

}  // namespace foretide::settings
