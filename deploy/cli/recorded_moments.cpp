#include "deploy/cli/recorded_moments.hpp"

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

}  // namespace

Result<RecordedDecisions> recorded_decisions(const AdminClient& admin, const std::string& service,
                                             WallTime since) {
  RecordedDecisions decisions;
  for (int page = 0; page < kPagesMost; ++page) {
    const auto answer =
        admin.get("/v1/services/" + service + "/decisions?limit=" + std::to_string(kPage) +
                  "&after=" + rfc3339_text(since));
    if (!answer) return Error{answer.error()};
    const json list = list_in(*answer, "decisions");
    for (const json& one : list) {
      const auto at = parse_rfc3339(text_in(one, "at"));
      if (!at) return unreadable();
      decisions.emplace(*at, RecordedDecision{static_cast<std::uint32_t>(count_in(one, "from")),
                                              static_cast<std::uint32_t>(count_in(one, "to")),
                                              text_in(one, "rule"), text_in(one, "reason")});
      since = std::max(since, *at);
    }
    if (list.size() < kPage) break;
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
