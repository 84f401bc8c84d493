// The keys under which session tickets are issued, and their ages.
//
// A ticket is a session that the client keeps for us, locked with a key that only we have; who
// holds the key can read what is said under it. So a key issues tickets for an hour and opens them
// for two more, then it is forgotten: a ticket is good for two hours at least, and a key that leaks
// tells of three hours at most. Example: issued under key B at 10:59, opened by B until 13:00.
//
// Pure: time and the bytes of a fresh key come from outside. Whoever shares it between threads
// guards it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/time.hpp"

namespace foretide::balancer {

struct TicketKey {
  std::array<unsigned char, 16> name{};  // stands in the ticket, in the clear
  std::array<unsigned char, 32> cipher{};
  std::array<unsigned char, 32> mac{};
};

class TicketKeys {
 public:
  static constexpr std::chrono::hours kIssues{1}, kOpens{3};

  // Nothing: it is time for a fresh key.
  std::optional<TicketKey> issuing(Instant now) const;
  void add(const TicketKey& key, Instant now);

  struct Found {
    TicketKey key;
    bool issues = false;  // no newer one does; else the client is to get a new ticket
  };
  std::optional<Found> find(std::span<const unsigned char, 16> name, Instant now) const;

 private:
  struct Aged {
    TicketKey key;
    Instant since;
  };
  std::vector<Aged> keys_;  // the newest last; at most three
};

}  // namespace foretide::balancer
