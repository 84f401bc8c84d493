// What every traffic thread knows of how clients are met: whom it believes, how many connections
// one client may have, which path asks for the balancer itself, where requests are written down.
// Made once from the settings and shared unchanged; ClientCounts inside counts over all threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "balancer/io/access_log.hpp"
#include "balancer/io/client_counts.hpp"
#include "common/ip_range.hpp"
#include "common/settings/front_settings.hpp"

namespace foretide::balancer {

struct Front {
  IpRanges trusted;                          // whose Forwarded fields are believed
  IpRanges proxied;                          // whose connections begin with a PROXY header
  std::uint32_t connections_per_client = 0;  // 0: any number
  std::chrono::milliseconds head_timeout = FrontSettings{}.head_timeout;
  std::chrono::milliseconds idle_timeout = FrontSettings{}.idle_timeout;
  bool serves_half_closed = false;
  std::string ready_path;  // empty: none
  std::shared_ptr<ClientCounts> counts = std::make_shared<ClientCounts>();
  AccessLog* access_log = nullptr;  // none: off
};

// What is no range of addresses is left out; the settings' reader has refused it.
inline IpRanges ranges_for(const std::vector<std::string>& texts) {
  IpRanges ranges;
  for (const auto& text : texts) {
    if (const auto range = IpRange::parse(text)) ranges.push_back(*range);
  }
  return ranges;
}

inline Front front_for(const FrontSettings& settings, AccessLog* access_log) {
  Front front;
  front.trusted = ranges_for(settings.trusted_proxies);
  front.proxied = ranges_for(settings.proxy_protocol);
  front.connections_per_client = settings.connections_per_client;
  front.head_timeout = settings.head_timeout;
  front.idle_timeout = settings.idle_timeout;
  front.serves_half_closed = settings.half_closed == FrontSettings::HalfClosed::kServe;
  front.ready_path = settings.ready_path;
  front.access_log = access_log;
  return front;
}

}  // namespace foretide::balancer
