// What a message means and whether it counts: bytes from an authenticated key become an event of
// the core.
//
// The key decides who speaks; a name inside a message is never believed. A message that does not
// decode, that the sender's role may not send, or that has no session is dropped and counted; ten
// of them within a minute, and everything that the key says is dropped for the next sixty seconds.
// A report of measurements, or a Hello with a host's size, that holds a number that can be none
// (not finite, negative, or beyond what plausible.hpp lets pass) is dropped as a whole and counted,
// and told once a minute for each peer. It is no strike: a program with one broken gauge still has
// workers to report.
//
// A TrafficReport comes on two lanes, so an older one may arrive behind a newer: it is dropped by
// the sender's own clock.
//
// Pure of sockets and clocks. It also keeps which connection a session last spoke by, for the
// answers: the newest four sessions of each key.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "common/io/zmq_channel.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/plausible.hpp"
#include "coordinator/core/step.hpp"
#include "coordinator/io/enrolment.hpp"

namespace foretide::coordinator {

using Happening = decltype(Event::what);

// Somebody spoke under a join token's key: an Enrol, or something that such a key may not say.
struct TokenSpoke {
  std::string token_key;
  std::uint64_t connection = 0;
  std::optional<wire::Enrol> enrol;
};

struct Dropped {
  std::string reason;  // empty: nothing that anybody need be told
};

using Meaning = std::variant<Happening, TokenSpoke, Dropped>;

// Reports that were dropped for one of their numbers.
struct RefusedReports {
  std::uint64_t not_finite = 0, negative = 0, absurd = 0;
};

struct InboxCounts {
  std::uint64_t received = 0, undecodable = 0, misplaced = 0, stale = 0, ignored = 0;
  RefusedReports of_agents, of_balancers;
};

class PeerInbox {
 public:
  static constexpr std::size_t kStrikesMax = 10;
  static constexpr Duration kStrikeLife = std::chrono::seconds(60);
  static constexpr Duration kIgnoredFor = std::chrono::seconds(60);
  static constexpr Duration kRefusalToldEvery = std::chrono::seconds(60);
  static constexpr std::size_t kSessionsMax = 4;

  Meaning hear(const Enrolment& enrolment, const Arrival& arrival, Instant now);

  // The control connection that the key's session last spoke by.
  std::optional<std::uint64_t> connection_of(const std::string& key,
                                             const std::string& session) const;
  std::string address_of(const std::string& key) const;  // as the server saw it
  void forget(const std::string& key) { peers_.erase(key); }
  const InboxCounts& counts() const { return counts_; }

 private:
  struct Session {
    std::string name;
    std::uint64_t connection = 0;
    std::uint64_t traffic_at_ms = 0;
    TrafficCheck check{};
  };
  struct Peer {
    std::deque<Session> sessions;  // newest first
    std::deque<Instant> strikes;
    Instant ignored_until{};
    std::optional<Instant> refusal_told;
    std::string address;
  };
  Dropped strike(Peer& peer, const std::string& who, std::string reason, Instant now);
  Dropped refuse(Peer& peer, const StoredPeer& who, const std::string& fault, Instant now);
  static Session& session_of(Peer& peer, const std::string& name);

  std::map<std::string, Peer> peers_;
  InboxCounts counts_;
};

}  // namespace foretide::coordinator
