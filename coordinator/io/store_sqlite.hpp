// What a coordinator must not forget, in one SQLite file (WAL, synchronous=FULL): the epoch and the
// highest revision, each node's last desired set, who may connect (keys of nodes and balancers),
// join tokens, what was ordered by hand (counts, pauses, drains), and the newest 10,000 decisions.
//
// The rule that it serves: nothing is sent before it is durable. `commit` writes a whole batch in
// one transaction (about 0.3 ms), and only when it says Done may the sends that depend on it go
// out. A desired set is kept as the wire's own bytes, so that the wire's version rules hold for the
// store as well. Wall times are this host's own and are compared with nobody else's.
//
// Used by the coordinator's thread only. Another process on the same file is kept out by the lock
// of the state directory (see state_dir_lock.hpp), not by SQLite.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/result.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/core/pause.hpp"

namespace foretide::coordinator {

struct StoredPeer {
  std::string public_key;  // Z85
  wire::Role role = wire::Role::kAgent;
  std::string name;
  WallTime created_at;
  bool revoked = false;
};

struct StoredToken {
  std::string public_key;  // of the one-time pair; the secret half is never stored
  wire::Role role = wire::Role::kAgent;
  std::string name;  // empty: the joiner chooses
  WallTime expires_at;
  std::optional<WallTime> spent_at;
  std::string spent_by;  // public key that was enrolled with it
};

struct StoredOverride {
  ServiceId service;
  std::uint32_t count = 0;
  WallTime expires_at;
};

struct StoredPause {
  ServiceId service;
  PauseDirection direction = PauseDirection::kBoth;
  WallTime expires_at = WallTime::max();  // the largest: for good
  friend bool operator==(const StoredPause&, const StoredPause&) = default;
};

struct StoredDecision {
  ServiceId service;
  WallTime at;
  std::string json;
};

// What one round of the core asked to have kept; newest wins, so an unwritten batch can be merged
// with the next one while the disk is full.
struct Batch {
  std::optional<std::uint64_t> epoch, revision;
  std::map<NodeId, wire::DesiredSet> sets;
  std::deque<StoredDecision> decisions;
  bool empty() const { return !epoch && !revision && sets.empty() && decisions.empty(); }
};

class Store {
 public:
  static constexpr std::int64_t kDecisionsKept = 10'000;
  static constexpr std::size_t kUnwrittenDecisionsKept =
      1'000;  // the oldest of an unwritten batch go first

  // Creates the file when there is none. A damaged or newer one is an Error that names it.
  static Result<std::unique_ptr<Store>> open(const std::string& path);
  ~Store();

  Outcome commit(const Batch& batch);

  Result<std::uint64_t> epoch();  // 0 in a new store
  Result<std::uint64_t> revision();
  // One that cannot be read is left out and told in the log: its node's report makes up for it.
  Result<std::vector<std::pair<NodeId, wire::DesiredSet>>> sets();
  // Made until then, newest first.
  Result<std::vector<StoredDecision>> decisions(const ServiceId& service, std::uint32_t limit,
                                                WallTime until = WallTime::max());
  // Made later than that, oldest first.
  Result<std::vector<StoredDecision>> decisions_after(const ServiceId& service, WallTime at,
                                                      std::uint32_t limit);
  Result<std::vector<StoredDecision>> last_decisions();  // of each service

  Result<std::vector<StoredPeer>> peers();
  // And forgets what was kept of a node with that key.
  Outcome revoke(const std::string& public_key);

  Outcome add_token(const StoredToken& token);
  Result<std::vector<StoredToken>> tokens();
  Outcome forget_tokens_before(WallTime expiry);
  // Both or neither: the token is spent and the peer may connect.
  Outcome enrol(const StoredToken& spent, const StoredPeer& peer);

  Outcome set_override(const StoredOverride& override_);
  Outcome clear_override(const ServiceId& service);
  Result<std::vector<StoredOverride>> overrides();

  Outcome pause(const StoredPause& pause);
  Outcome resume(const ServiceId& service);
  Result<std::vector<StoredPause>> paused();
  Outcome drain(const NodeId& node);
  Outcome undrain(const NodeId& node);
  Result<std::vector<NodeId>> draining();

 private:
  struct Statements;
  explicit Store(std::unique_ptr<Statements> statements);
  Result<std::vector<StoredDecision>> decisions_by(std::size_t statement, const ServiceId& service,
                                                   WallTime at, std::uint32_t limit);
  std::unique_ptr<Statements> statements_;
};

}  // namespace foretide::coordinator
