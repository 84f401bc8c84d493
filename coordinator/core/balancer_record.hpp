// What the coordinator knows about one balancer: its session and which tables it holds. A balancer
// that was silent for 15 s is not waited for when workers are retired; it goes on routing by what
// it has, so the agents then watch the worker's connections instead.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/stamp.hpp"
#include "common/time.hpp"

namespace foretide::coordinator {

inline constexpr Duration kBalancerSilentAfter = std::chrono::seconds(15);
// So long silent, it is taken for dismantled; if it comes back, it is new here.
inline constexpr Duration kBalancerForgottenAfter = std::chrono::minutes(10);

struct TableHeld {
  Stamp applied;  // what it acknowledged
  Instant acked_at{};
  Stamp sent;  // what it was last sent
  Instant sent_at{};
};

struct BalancerRecord {
  BalancerId id;
  std::string session;  // empty: none since this coordinator began
  Instant heard_at{};
  Instant session_began{};  // or when it was first known of, as long as it has none
  bool silence_told = false;
  bool greeted = false;         // said Hello in this session
  std::uint32_t takeovers = 0;  // sessions in a row that began while the one before still spoke
  std::uint64_t told_epoch = 0;
  Instant welcomed_at{};
  std::string version, address;
  std::vector<std::string> traffic;  // where it listens, for display

  std::map<ServiceId, TableHeld> tables;
  TableHeld match;
  std::set<WorkerId> disabused;  // stale endpoints that it was told to forget in this session
  std::string refused;           // why it would not take a table, last told

  bool is_live(Instant now) const {
    return !session.empty() && now - heard_at < kBalancerSilentAfter;
  }
};

}  // namespace foretide::coordinator
