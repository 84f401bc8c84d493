#include "common/settings/setting_values.hpp"

#include <cstring>

#include "common/settings/command_words.hpp"
#include "common/settings/durations.hpp"
#include "common/settings/front_values.hpp"
#include "common/settings/signals_section.hpp"
#include "common/settings/value_list.hpp"

namespace foretide::settings {
namespace {

using Policy = wire::TrafficPolicy;

std::string signal_text(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? name : std::to_string(signal);
}

std::string predict_text(ScaleSettings::Predict predict) {
  switch (predict) {
    case ScaleSettings::Predict::kOff:
      return "off";
    case ScaleSettings::Predict::kShadow:
      return "shadow";
    case ScaleSettings::Predict::kAuto:
      break;
  }
  return "auto";
}

std::string policy_text(Policy::Balance balance) {
  switch (balance) {
    case Policy::Balance::kRoundRobin:
      return "round-robin";
    case Policy::Balance::kHash:
      return "hash";
    case Policy::Balance::kPrefixAffinity:
      return "prefix-affinity";
    case Policy::Balance::kLeastLoad:
      break;
  }
  return "least-load";
}

std::string key_text(const wire::KeySource& key) {
  switch (key.kind) {
    case wire::KeySource::Kind::kHeader:
      return "header " + key.name;
    case wire::KeySource::Kind::kCookie:
      return "cookie " + key.name;
    case wire::KeySource::Kind::kAddress:
      return "address";
    case wire::KeySource::Kind::kNone:
      break;
  }
  return "";
}

std::string probe_text(ProbeSpec::Kind kind, const std::string& path) {
  return kind == ProbeSpec::Kind::kHttp ? "http " + path : "tcp";
}

// `http` and `tcp` exclude each other: which it is stands under the one that is given.
void add_probe(ValueList& list, const std::string& map, ProbeSpec::Kind kind,
               const std::string& path) {
  if (kind == ProbeSpec::Kind::kHttp) {
    list.text(map + ".http", path);
  } else {
    list.text(map + ".tcp", "true");
  }
}

void add_scale(ValueList& list, const ScaleSettings& scale) {
  list.whole("scale.min", std::uint64_t{scale.min});
  list.whole("scale.max", std::uint64_t{scale.max});
  list.share("scale.shortage", scale.shortage);
  list.duration("scale.idle", scale.idle);
  list.text("scale.predict", predict_text(scale.predict));
  list.whole("scale.up.max_step", scale.up_max_step);
  list.duration("scale.up.cooldown", scale.up_cooldown);
  list.whole("scale.down.max_step", scale.down_max_step);
  list.duration("scale.down.cooldown", scale.down_cooldown);
  list.duration("scale.down.window", scale.window);
  for (const ScheduleWindow& window : scale.schedule) {
    list.add("scale.schedule", window.text, SettingValue::Kind::kItem);
  }
  for (const Signal& signal : scale.signals) {
    list.add("scale.signals", scale_signal_text(signal), SettingValue::Kind::kItem);
  }
}

void add_ready_probe(ValueList& list, const std::optional<wire::ReadyProbe>& probe) {
  if (!probe) return;
  list.add("probe.ready",
           "{" + probe_text(probe->kind, probe->path) + ", every " +
               duration_text(probe->interval) + "}",
           SettingValue::Kind::kMap);
  add_probe(list, "probe.ready", probe->kind, probe->path);
  list.duration("probe.ready.interval", probe->interval);
  list.duration("probe.ready.timeout", probe->timeout);
  list.whole("probe.ready.healthy", std::uint64_t{probe->healthy});
  list.whole("probe.ready.unhealthy", std::uint64_t{probe->unhealthy});
}

void add_upstream_tls(ValueList& list, const std::optional<wire::UpstreamTls>& tls) {
  if (!tls) return;
  list.add("tls", tls->verify ? "{}" : "{verify: false}", SettingValue::Kind::kMap);
  list.given("tls.ca", tls->ca);
  list.given("tls.server_name", tls->server_name);
  list.flag("tls.verify", tls->verify);
}

void add_balancing(ValueList& list, const Policy& policy) {
  list.whole("queue.max", std::uint64_t{policy.queue_max});
  list.duration("queue.wait", policy.queue_wait);
  list.text("queue.order", policy.queue_order == Policy::QueueOrder::kFair ? "fair" : "fifo");
  list.given("queue.key", key_text(policy.queue_key));
  list.text("balance.policy", policy_text(policy.balance));
  list.given("balance.key", key_text(policy.balance_key));
  list.flag("eject", policy.eject);
  add_ready_probe(list, policy.ready_probe);
  list.duration("timeouts.connect", policy.connect_timeout);
  list.duration("timeouts.response", policy.response_timeout);
  list.duration("timeouts.idle", policy.idle_timeout);
  list.duration("timeouts.total", policy.total_timeout);
  list.duration("timeouts.tunnel", policy.tunnel_timeout);
  list.whole("retry.attempts", std::uint64_t{policy.retries});
  list.share("retry.budget", policy.retry_budget);
}

void add_head_changes(ValueList& list, const std::string& map, const wire::HeadChanges& changes) {
  list.given(map + ".strip_prefix", changes.strip_prefix);
  list.given(map + ".add_prefix", changes.add_prefix);
  for (const auto& field : changes.set) list.secret(map + ".set." + field.name, field.value);
  list.items(map + ".remove", changes.remove);
}

}  // namespace

std::string match_text(const wire::Match& match) {
  std::string text = match.host.empty() ? "any host" : match.host;
  if (!match.path_prefix.empty()) text += " " + match.path_prefix;
  if (!match.header_name.empty()) text += " " + match.header_name + ": " + match.header_value;
  return text;
}

std::vector<SettingValue> values_of(const ClusterSettings& cluster) {
  ValueList list;
  list.text("cluster", cluster.name);
  add_listen(list, cluster.listen);
  return list.take();
}

std::vector<SettingValue> values_of_workers(const ServiceSettings& service) {
  const WorkerSpec& worker = service.worker;
  ValueList list;
  list.text("command", command_text(worker.argv));
  for (const auto& [name, value] : worker.env) list.secret("env." + name, value);
  list.given("workdir", worker.workdir);
  list.given("user", worker.user);
  list.number("needs.cpus", worker.needs.cpus);
  list.bytes("needs.memory", worker.needs.memory_bytes);
  add_scale(list, service.scale);
  add_probe(list, "probe.start", worker.start.kind, worker.start.path);
  list.duration("probe.start.timeout", worker.start.timeout);
  list.duration("stop.drain", worker.stop.drain);
  list.text("stop.signal", signal_text(worker.stop.signal));
  list.duration("stop.grace", worker.stop.grace);
  return list.take();
}

std::vector<SettingValue> values_of_traffic(const ServiceSettings& service) {
  const Policy& policy = service.traffic;
  ValueList list;
  for (const auto& match : service.matches) {
    list.add("match", match_text(match), SettingValue::Kind::kItem);
  }
  if (service.matches.empty()) {
    list.add("match", "what no other service takes", SettingValue::Kind::kItem);
  }
  for (const Address& upstream : service.upstreams) {
    list.add("upstreams", upstream.text(), SettingValue::Kind::kItem);
  }
  if (service.capacity_soft) list.number("capacity.soft", *service.capacity_soft);
  list.whole("capacity.hard", service.capacity_hard);
  add_balancing(list, policy);
  if (policy.body_max_bytes > 0) list.bytes("request.body_max", policy.body_max_bytes);
  add_head_changes(list, "request", policy.request);
  add_head_changes(list, "response", policy.response);
  list.items("allow", policy.allow);
  list.flag("https_only", policy.https_only);
  add_upstream_tls(list, policy.tls);
  return list.take();
}

}  // namespace foretide::settings
