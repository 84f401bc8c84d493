// How many connections each client address has, over all threads, so that one client cannot take
// all that there are.
//
// Asked once for each connection, and only where a limit is set: a lock is cheap enough there.
// Addresses are spread over sixteen tables, so that threads seldom meet. An address without
// connections takes no memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "common/ip_range.hpp"

namespace foretide::balancer {

class ClientCounts {
 public:
  // False when it has `most` already: then nothing is counted.
  bool enter(const IpBytes& client, std::uint32_t most) {
    auto& part = part_of(client);
    const std::lock_guard lock(part.mutex);
    auto& count = part.counts[client];
    if (count >= most) return false;
    ++count;
    return true;
  }
  void leave(const IpBytes& client) {
    auto& part = part_of(client);
    const std::lock_guard lock(part.mutex);
    const auto found = part.counts.find(client);
    if (found != part.counts.end() && --found->second == 0) part.counts.erase(found);
  }

 private:
  struct Part {
    std::mutex mutex;
    std::map<IpBytes, std::uint32_t> counts;
  };
  Part& part_of(const IpBytes& client) {
    std::size_t sum = 0;
    for (const auto byte : client) sum = sum * 31 + byte;
    return parts_[sum % parts_.size()];
  }

  std::array<Part, 16> parts_;
};

}  // namespace foretide::balancer
