// What the coordinator knows about one host: the session that speaks for it, what it has, and the
// set of workers that it was last told.
//
// A set goes out only once the session's own report was merged in this epoch: until then we might
// order a second copy of something that runs there already. Silence has three steps, by our own
// clock: after 5 s the node gets no new worker, after 15 s its workers are replaced elsewhere; they
// themselves are left alone, for a silent host is usually a broken cable and not a dead process.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "common/ids.hpp"
#include "common/stamp.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::coordinator {

inline constexpr Duration kSuspectAfter = std::chrono::seconds(5);
inline constexpr Duration kLostAfter = std::chrono::seconds(15);

struct NodeRecord {
  NodeId id;
  std::string session;  // empty: none since this coordinator began
  Instant
      heard_at{};  // of the present session; for a node known from the store only, our own start
  bool merged = false;           // this session's report was taken in, in this epoch
  std::uint64_t told_epoch = 0;  // the newest that we said to it
  Instant welcomed_at{};

  std::string version, boot_id, address;
  double cpus = 0.0;
  std::uint64_t memory_bytes = 0;
  std::optional<wire::HostSample> sample;
  std::uint64_t parse_errors = 0;
  std::vector<WorkerId> missing;  // run there although no set names them

  std::set<WorkerId> workers;
  wire::DesiredSet set;  // as last published; epoch 0: not in this life
  Stamp applied;         // the newest that it says to have
  Instant set_sent_at{};

  bool draining = false;   // by hand: gets no worker, and those that it has are replaced elsewhere
  bool lost_told = false;  // its loss was noticed
  bool removed = false;    // its key was revoked: no order reaches it any more
  // A second program with the same key, while the first still speaks.
  std::string rival_session;
  Instant rival_since{};

  bool is_suspect(Instant now) const { return now - heard_at >= kSuspectAfter; }
  bool is_lost(Instant now) const { return removed || now - heard_at >= kLostAfter; }
};

}  // namespace foretide::coordinator
