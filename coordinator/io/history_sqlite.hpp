// Demand history: one row a service and ten seconds, in a file of its own (WAL,
// synchronous=NORMAL), since losing the last seconds of it in a power cut costs nothing. Values
// that were not known are absent, not zero. Kept for fifteen days: at most 129,600 rows a service,
// about 8 MB.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/result.hpp"
#include "common/time.hpp"

namespace foretide::coordinator {

struct HistoryRow {
  ServiceId service;
  WallTime at;
  std::optional<double> demand, forecast;  // load, in requests in flight
  std::uint32_t desired = 0, ready = 0;
};

class History {
 public:
  static constexpr std::chrono::seconds kStep{10};
  static constexpr std::chrono::hours kKept{15 * 24};

  static Result<std::unique_ptr<History>> open(const std::string& path);
  ~History();

  // All of one moment; rows older than kKept go.
  Outcome add(const std::vector<HistoryRow>& rows);
  Result<std::vector<HistoryRow>> since(const ServiceId& service, WallTime from);  // oldest first

 private:
  struct Statements;
  explicit History(std::unique_ptr<Statements> statements);
  std::unique_ptr<Statements> statements_;
};

}  // namespace foretide::coordinator
