// What a change of a cluster file's key does while the coordinator runs and reads the file again:
// said once, beside the keys, for whoever tells it (`foretide plan`, docs/cluster-file.md, which is
// tested against this table).
//
// A key has its own row or goes by the map that it stands in, so `services.NAME.scale.min` is what
// `services.NAME.scale` is. The three maps in which keys differ (the file, `listen`, a service)
// have a row for every key, so that a new one cannot get an effect by accident. `services` has
// none: one that comes or goes is told as such.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace foretide::settings {

enum class Effect : std::uint8_t {
  kLive,        // in force with the reload
  kRelease,     // likewise, and workers are replaced
  kDrain,       // likewise, and what is taken away ends what it has begun
  kRestart,     // the reload is refused
  kStandalone,  // likewise, though nobody but a balancer on its own goes by it
  kFixed,       // has one value only
};

struct KeyEffect {
  std::string_view path;  // "services.NAME.scale"
  Effect effect;
};

inline constexpr std::array kKeyEffects{
    KeyEffect{"version", Effect::kFixed},
    KeyEffect{"cluster", Effect::kLive},
    KeyEffect{"observe", Effect::kStandalone},
    KeyEffect{"listen.admin", Effect::kRestart},
    KeyEffect{"listen.control", Effect::kRestart},
    KeyEffect{"listen.telemetry", Effect::kRestart},
    KeyEffect{"listen.traffic", Effect::kStandalone},
    KeyEffect{"listen.tls", Effect::kStandalone},
    KeyEffect{"listen.balancer_admin", Effect::kStandalone},
    KeyEffect{"listen.trusted_proxies", Effect::kStandalone},
    KeyEffect{"listen.proxy_protocol", Effect::kStandalone},
    KeyEffect{"listen.connections", Effect::kStandalone},
    KeyEffect{"listen.connections_per_client", Effect::kStandalone},
    KeyEffect{"listen.memory_max", Effect::kStandalone},
    KeyEffect{"listen.head_timeout", Effect::kStandalone},
    KeyEffect{"listen.idle_timeout", Effect::kStandalone},
    KeyEffect{"listen.half_closed", Effect::kStandalone},
    KeyEffect{"listen.ready_path", Effect::kStandalone},
    KeyEffect{"listen.lame_duck", Effect::kStandalone},
    KeyEffect{"listen.drain", Effect::kStandalone},
    KeyEffect{"listen.moving_address", Effect::kStandalone},
    KeyEffect{"services.NAME.command", Effect::kRelease},
    KeyEffect{"services.NAME.env", Effect::kRelease},
    KeyEffect{"services.NAME.workdir", Effect::kRelease},
    KeyEffect{"services.NAME.user", Effect::kRelease},
    KeyEffect{"services.NAME.needs", Effect::kRelease},
    KeyEffect{"services.NAME.upstreams", Effect::kDrain},
    KeyEffect{"services.NAME.engine", Effect::kFixed},
    KeyEffect{"services.NAME.match", Effect::kLive},
    KeyEffect{"services.NAME.capacity", Effect::kLive},
    KeyEffect{"services.NAME.scale", Effect::kLive},
    KeyEffect{"services.NAME.queue", Effect::kLive},
    KeyEffect{"services.NAME.balance", Effect::kLive},
    KeyEffect{"services.NAME.probe", Effect::kLive},
    KeyEffect{"services.NAME.stop", Effect::kLive},
    KeyEffect{"services.NAME.timeouts", Effect::kLive},
    KeyEffect{"services.NAME.retry", Effect::kLive},
    KeyEffect{"services.NAME.request", Effect::kLive},
    KeyEffect{"services.NAME.response", Effect::kLive},
    KeyEffect{"services.NAME.allow", Effect::kLive},
    KeyEffect{"services.NAME.https_only", Effect::kLive},
    KeyEffect{"services.NAME.eject", Effect::kLive},
    KeyEffect{"services.NAME.tls", Effect::kLive},
};

// Of a key by its whole path; nothing for one that stands in no row.
constexpr std::optional<Effect> effect_of(std::string_view path) {
  std::optional<Effect> effect;
  std::size_t longest = 0;
  for (const KeyEffect& row : kKeyEffects) {
    const bool holds = path.starts_with(row.path) &&
                       (path.size() == row.path.size() || path[row.path.size()] == '.');
    if (!holds || row.path.size() < longest) continue;
    longest = row.path.size();
    effect = row.effect;
  }
  return effect;
}

constexpr std::string_view name_of(Effect effect) {
  switch (effect) {
    case Effect::kLive:
      return "live";
    case Effect::kRelease:
      return "release";
    case Effect::kDrain:
      return "drain";
    case Effect::kRestart:
      return "restart";
    case Effect::kStandalone:
      return "standalone";
    case Effect::kFixed:
      break;
  }
  return "fixed";
}

constexpr std::string_view told(Effect effect) {
  switch (effect) {
    case Effect::kLive:
      return "at once";
    case Effect::kRelease:
      return "a new release: workers are replaced, a new one being ready before an old one drains";
    case Effect::kDrain:
      return "at once; what is taken away drains";
    case Effect::kRestart:
      return "the coordinator has to be restarted";
    case Effect::kStandalone:
      return "the coordinator has to be restarted, though only a balancer on its own goes by it";
    case Effect::kFixed:
      break;
  }
  return "it has one value only";
}

constexpr bool wants_restart(Effect effect) {
  return effect == Effect::kRestart || effect == Effect::kStandalone;
}

}  // namespace foretide::settings
