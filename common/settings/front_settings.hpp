// How the balancer meets its clients, beside where it listens: whom it believes, how many it lets
// in, how it goes away, and what it writes down of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace foretide {

struct AccessLogSettings {
  enum class Format : std::uint8_t { kOff, kJson, kCombined };
  Format format = Format::kOff;
  std::string file = "-";  // "-": standard output
  friend bool operator==(const AccessLogSettings&, const AccessLogSettings&) = default;
};

struct FrontSettings {
  std::vector<std::string> trusted_proxies;  // address ranges whose Forwarded fields are believed
  std::vector<std::string> proxy_protocol;   // whose connections begin with a PROXY header
  std::uint32_t connections = 0;             // of clients at once; 0: what descriptors allow
  std::uint32_t connections_per_client = 0;  // of one address; 0: any number
  std::uint64_t memory_max_bytes = 0;        // for bytes on their way; 0: a share of what there is
  std::chrono::milliseconds head_timeout{30'000};  // for a request's head, from its first byte
  std::chrono::milliseconds idle_timeout{75'000};  // for a connection without a request
  // A client that sends nothing more, waiting for its answer: it gets it, or counts as gone.
  enum class HalfClosed : std::uint8_t { kGone, kServe };
  HalfClosed half_closed = HalfClosed::kGone;
  std::string ready_path;                   // answered by the balancer itself; empty: none
  std::chrono::milliseconds lame_duck{0};   // between "not ready" and the end of listening
  std::chrono::milliseconds drain{30'000};  // then, for what is in flight
  std::vector<std::string> moving_address;  // may move to another host when this one goes away
  AccessLogSettings access_log;
  friend bool operator==(const FrontSettings&, const FrontSettings&) = default;
};

// The keys whose values differ, as people write them, with commas between; empty: none.
std::string keys_that_differ(const FrontSettings& one, const FrontSettings& other);

}  // namespace foretide
