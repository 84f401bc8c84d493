#include "common/settings/front_section.hpp"

#include <array>
#include <utility>

#include "common/address.hpp"
#include "common/settings/address_ranges.hpp"
#include "common/settings/cluster_keys.hpp"

namespace foretide::settings {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kConnectionsMost = 1'000'000;
constexpr std::uint64_t kMemoryLeast = std::uint64_t{16} << 20;
constexpr std::size_t kMovingMost = 64;  // addresses
constexpr std::array<std::string_view, 3> kFormats{"off", "json", "combined"};
constexpr std::array<AccessLogSettings::Format, 3> kFormatValues{
    AccessLogSettings::Format::kOff, AccessLogSettings::Format::kJson,
    AccessLogSettings::Format::kCombined};

std::string ready_path_in(const Section& listen) {
  const auto path = listen.text("ready_path");
  if (!path) return "";
  const bool fits = path->starts_with('/') && path->find_first_of(" ?#\t\r\n") == std::string::npos;
  if (!fits) {
    listen.report("ready_path", "'ready_path' is " + shown(listen.entry("ready_path")->value) +
                                    ", wants a path such as /ready");
  }
  return *path;
}

std::vector<std::string> moving_address_in(const Section& listen) {
  std::vector<std::string> addresses;
  for (auto& [address, at] : listen.texts("moving_address", kMovingMost)) {
    if (!is_ip_address(address)) {
      listen.problems().add(
          at, "'" + address + "' is no address, write for example 10.0.0.100 or fd00::100");
    }
    addresses.push_back(std::move(address));
  }
  return addresses;
}

constexpr std::array<std::string_view, 2> kHalfClosed{"gone", "serve"};
constexpr std::array<FrontSettings::HalfClosed, 2> kHalfClosedValues{
    FrontSettings::HalfClosed::kGone, FrontSettings::HalfClosed::kServe};

std::uint64_t memory_max_in(const Section& listen) {
  const auto bytes = listen.bytes("memory_max");
  if (bytes && *bytes < kMemoryLeast) {
    listen.report("memory_max", "'memory_max' is " + shown(listen.entry("memory_max")->value) +
                                    ", wants 16MiB or more");
  }
  return bytes.value_or(0);
}

}  // namespace

void read_front(const Section& listen, FrontSettings& front) {
  front.trusted_proxies = address_ranges_in(listen, "trusted_proxies");
  front.proxy_protocol = address_ranges_in(listen, "proxy_protocol");
  front.connections =
      listen.whole("connections", {1, kConnectionsMost}).value_or(front.connections);
  front.connections_per_client = listen.whole("connections_per_client", {0, kConnectionsMost})
                                     .value_or(front.connections_per_client);
  front.memory_max_bytes = memory_max_in(listen);
  front.head_timeout = listen.duration("head_timeout", {100ms, 1h}).value_or(front.head_timeout);
  front.idle_timeout = listen.duration("idle_timeout", {100ms, 24h}).value_or(front.idle_timeout);
  if (const auto at = listen.choice("half_closed", kHalfClosed)) {
    front.half_closed = kHalfClosedValues[*at];
  }
  front.ready_path = ready_path_in(listen);
  front.lame_duck = listen.duration("lame_duck", {0ms, 1h}).value_or(front.lame_duck);
  front.drain = listen.duration("drain", {0ms, 24h}).value_or(front.drain);
  front.moving_address = moving_address_in(listen);
}

void read_observe(const Section& observe, FrontSettings& front) {
  const auto log = observe.section("access_log", keys::kAccessLog);
  if (!log) return;
  if (const auto at = log->choice("format", kFormats)) front.access_log.format = kFormatValues[*at];
  front.access_log.file = log->text("file").value_or(front.access_log.file);
  if (front.access_log.file.empty()) {
    log->report("file", "'file' is empty, wants a path, or - for standard output");
  }
}

}  // namespace foretide::settings
