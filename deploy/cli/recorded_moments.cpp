#include "deploy/cli/recorded_moments.hpp"

#include <algorithm>
#include <optional>

#include "common/rfc3339.hpp"
#include "common/text_codes.hpp"
#include "deploy/cli/json_fields.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kPage = 1000;
constexpr int kPagesMost = 1000;  // of either kind; nobody sends that many

Error unreadable() {
  return Error{"the coordinator's answer cannot be read; is it of another version?"};
}

std::optional<coordinator::MomentId> moment_id_in(const json& decision) {
  const auto moment = decision.find("moment");
  if (moment == decision.end() || !moment->is_object()) return std::nullopt;
  return coordinator::MomentId{static_cast<std::int64_t>(count_in(*moment, "life")),
                               count_in(*moment, "order")};
}

RecordedDecision decision_in(const json& decision, WallTime at) {
  return {.at = at,
          .from = static_cast<std::uint32_t>(count_in(decision, "from")),
          .to = static_cast<std::uint32_t>(count_in(decision, "to")),
          .rule = text_in(decision, "rule"),
          .reason = text_in(decision, "reason")};
}

}  // namespace

// A page is asked for by time, and is in the order in which decisions were made. So the next begins
// with the last one's time, which others may share, even where the clock was set back before it and
// some come once more; or with the latest time of all, should nothing new come of that.
Result<RecordedDecisions> recorded_decisions(const AdminClient& admin, const std::string& service,
                                             WallTime since) {
  RecordedDecisions decisions;
  WallTime latest = since;
  for (int page = 0; page < kPagesMost; ++page) {
    const auto answer =
        admin.get("/v1/services/" + service + "/decisions?limit=" + std::to_string(kPage) +
                  "&after=" + rfc3339_text(since));
    if (!answer) return Error{answer.error()};
    const json list = list_in(*answer, "decisions");
    const std::size_t before = decisions.size();
    for (const json& one : list) {
      const auto at = parse_rfc3339(text_in(one, "at"));
      if (!at) return unreadable();
      if (const auto moment = moment_id_in(one)) decisions.emplace(*moment, decision_in(one, *at));
      latest = std::max(latest, *at);
      since = *at - std::chrono::milliseconds(1);
    }
    if (list.size() < kPage) break;
    if (decisions.size() == before) since = latest;
  }
  return decisions;
}

Result<RecordedChunk> recorded_chunk_in(const json& moments) {
  const auto bytes = base64url_decoded(text_in(moments, "bytes"));
  if (!bytes) return unreadable();
  return RecordedChunk{.chunk = {.life = static_cast<std::int64_t>(count_in(moments, "life")),
                                 .number = count_in(moments, "number"),
                                 .begin = static_cast<std::int64_t>(count_in(moments, "begin_ms")),
                                 .bytes = *bytes},
                       .version = text_in(moments, "version")};
}

Outcome each_recorded_chunk(const AdminClient& admin, const std::string& service,
                            const std::function<Outcome(const RecordedChunk&)>& take) {
  std::uint64_t after = 0;
  for (int page = 0; page < kPagesMost; ++page) {
    const auto answer =
        admin.get("/v1/services/" + service + "/moments?after=" + std::to_string(after));
    if (!answer) return Error{answer.error()};
    for (const json& moments : list_in(*answer, "moments")) {
      const auto chunk = recorded_chunk_in(moments);
      if (!chunk) return Error{chunk.error()};
      if (Outcome taken = take(*chunk); !taken) return taken;
    }
    const std::uint64_t next = count_in(*answer, "next");
    if (next <= after) return Done{};
    after = next;
  }
  return Done{};
}

}  // namespace foretide::cli
