#include "common/settings/front_settings.hpp"

namespace foretide {

std::string keys_that_differ(const FrontSettings& one, const FrontSettings& other) {
  std::string keys;
  const auto compare = [&](auto FrontSettings::*member, const char* key) {
    if (one.*member == other.*member) return;
    if (!keys.empty()) keys += ", ";
    keys += key;
  };
  compare(&FrontSettings::trusted_proxies, "listen.trusted_proxies");
  compare(&FrontSettings::proxy_protocol, "listen.proxy_protocol");
  compare(&FrontSettings::connections, "listen.connections");
  compare(&FrontSettings::connections_per_client, "listen.connections_per_client");
  compare(&FrontSettings::memory_max_bytes, "listen.memory_max");
  compare(&FrontSettings::head_timeout, "listen.head_timeout");
  compare(&FrontSettings::idle_timeout, "listen.idle_timeout");
  compare(&FrontSettings::half_closed, "listen.half_closed");
  compare(&FrontSettings::ready_path, "listen.ready_path");
  compare(&FrontSettings::lame_duck, "listen.lame_duck");
  compare(&FrontSettings::drain, "listen.drain");
  compare(&FrontSettings::moving_address, "listen.moving_address");
  compare(&FrontSettings::access_log, "observe.access_log");
  return keys;
}

}  // namespace foretide
