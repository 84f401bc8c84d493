// Demand history in a file of its own (WAL, synchronous=NORMAL), since losing the last seconds of
// it in a power cut costs nothing. Three grains of the same rows, each made from the finer one as
// it ends: seconds for an hour, minutes for fifteen days, hours for two years; at most 42,720 rows
// a service, some 3 MB. And for each service the steps that its predictor last learned from, so
// that a restart begins where the former life ended; and what was learned of its workers' capacity.
//
// Times are seconds of the wall clock, of the beginning of what a row is about. What was not known
// is absent, not zero; a minute or an hour of which less than half is known is not known. One
// thread uses it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/result.hpp"
#include "coordinator/core/history_rows.hpp"
#include "coordinator/io/moments_sqlite.hpp"

namespace foretide::coordinator {

class History {
 public:
  static Result<std::unique_ptr<History>> open(const std::string& path);
  ~History();

  // Seconds of one service, in order; those that were kept before are replaced. What is too old
  // goes.
  Outcome add(const ServiceId& service, const std::vector<HistoryRow>& seconds);
  // Oldest first.
  Result<std::vector<HistoryRow>> since(const ServiceId& service, HistoryGrain grain,
                                        std::int64_t from);

  // Of all services, also of those that are gone from the cluster file.
  Outcome trim(std::int64_t now);

  Outcome keep_steps(const ServiceId& service, const LearnedSteps& steps);
  Result<std::optional<LearnedSteps>> steps(const ServiceId& service);

  // In the same file.
  MomentTable& moments();
  // What was learned of its workers' capacity, as `capacity_json` writes it; empty: nothing.
  Outcome keep_capacity(const ServiceId& service, const std::string& learned);
  Result<std::string> capacity(const ServiceId& service);

 private:
  struct Statements;
  explicit History(std::unique_ptr<Statements> statements);
  Outcome join(const ServiceId& service, HistoryGrain grain, HistoryGrain finer, std::int64_t from,
               std::int64_t to);
  std::unique_ptr<Statements> statements_;
};

}  // namespace foretide::coordinator
