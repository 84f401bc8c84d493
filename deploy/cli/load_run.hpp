// Sends GET requests at a given rate and counts what becomes of each. Bounded in rate, connections,
// time and in the requests that may wait for a connection; a request that would exceed the last is
// counted as failed, never dropped in silence.
//
// A request's latency runs from the moment at which it was due, so a server that stalls is not
// flattered (no coordinated omission). A kept-alive connection that the server closed before the
// first byte of an answer is replaced and the request sent again once, as HTTP clients do; that is
// counted apart.
//
// When `end_asked` says so it ends within milliseconds, whatever waits or is under way: those
// requests are given up and counted as such, since nothing is known of them.
//
// run_load() blocks; it has an event loop of its own and may be given a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "common/result.hpp"
#include "deploy/cli/latency_record.hpp"
#include "deploy/cli/load_shape.hpp"

namespace foretide::cli {

inline constexpr double kRateMax = 20'000;  // requests/s
inline constexpr unsigned kConnectionsMax = 2'000;
inline constexpr double kSecondsMax = 24 * 3600;
inline constexpr std::size_t kWaitingMax = 50'000;  // requests without a free connection

struct LoadTarget {
  std::string host;
  std::uint16_t port = 80;
  std::string path = "/";
};
// http://host[:port][/path]
Result<LoadTarget> parse_url(const std::string& url);

struct LoadSettings {
  LoadTarget target;
  LoadShape shape;
  unsigned connections = 256;
  std::chrono::milliseconds timeout{60'000};
};

struct LoadProgress {
  std::atomic<std::uint64_t> sent{0}, answered{0}, failed{0};
};

struct LoadResult {
  std::uint64_t sent = 0;      // client requests, each counted once
  std::uint64_t answered = 0;  // with a status below 400
  std::uint64_t given_up = 0;  // unanswered when the end was asked for
  std::uint64_t failed = 0;    // everything else
  std::uint64_t sent_again = 0;
  std::map<std::string, std::uint64_t> failures;  // by reason
  LatencyRecord latency;                          // of those answered
  double seconds = 0;
};

LoadResult run_load(const LoadSettings& settings, const std::function<bool()>& end_asked,
                    LoadProgress& progress);

}  // namespace foretide::cli
