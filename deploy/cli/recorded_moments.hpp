// What a service's coordinator has recorded of its decisions in the last 24 hours, for `foretide
// simulate --replay`: the decisions as they were told, and the moments that they were made of.
// Asked for page by page, since a day of moments is some 5 MB.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "common/result.hpp"
#include "common/time.hpp"
#include "coordinator/core/decision.hpp"
#include "coordinator/core/moment.hpp"
#include "deploy/cli/admin_client.hpp"

namespace foretide::cli {

struct RecordedDecision {
  WallTime at{};
  std::uint32_t from = 0, to = 0;
  std::string rule, reason;
};
// By the moment that each was made of.
using RecordedDecisions = std::map<coordinator::MomentId, RecordedDecision>;

// Those that were made after `since`, but for what has no moment: words on something else than the
// number of workers, and numbers that nobody decided, because the workers were found running.
Result<RecordedDecisions> recorded_decisions(const AdminClient& admin, const std::string& service,
                                             WallTime since);

struct RecordedChunk {
  coordinator::MomentChunk chunk;
  std::string version;  // of the coordinator that wrote it
};
Result<RecordedChunk> recorded_chunk_in(const nlohmann::json& moments);

// Calls `take` for each chunk, oldest first, until it fails.
Outcome each_recorded_chunk(const AdminClient& admin, const std::string& service,
                            const std::function<Outcome(const RecordedChunk&)>& take);

}  // namespace foretide::cli
