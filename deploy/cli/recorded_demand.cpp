#include "deploy/cli/recorded_demand.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "coordinator/core/text.hpp"
#include "deploy/cli/json_fields.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kRowFields = 5;
constexpr std::int64_t kRowsFewest = 30, kRowsMost = 1'000'000;

bool is_row(const json& row) {
  return row.is_array() && row.size() == kRowFields && row[0].is_number_integer() &&
         row[3].is_number() && row[4].is_number();
}

// One value for each step from the first row to the last; absent where there is no row.
void fill(RecordedDemand& recorded, const json& rows) {
  const auto step = static_cast<double>(recorded.trace.step_seconds);
  double wanted = 0.0, served = 0.0, desired = 0.0;
  std::size_t known = 0;
  for (const json& row : rows) {
    const std::int64_t cell = (row[0].get<std::int64_t>() - recorded.trace.begins_at_seconds) /
                              recorded.trace.step_seconds;
    if (!row[1].is_number() || cell < 0) continue;
    const double load = row[1].get<double>();
    recorded.trace.requests[static_cast<std::size_t>(cell)] = load * step;
    wanted += load;
    served += std::min(load, row[4].get<double>() * recorded.capacity);
    desired += row[3].get<double>();
    ++known;
  }
  recorded.unserved = wanted > 0.0 ? 1.0 - served / wanted : 0.0;
  recorded.workers_mean = known > 0 ? desired / static_cast<double>(known) : 0.0;
}

}  // namespace

Result<RecordedDemand> recorded_demand_in(const json& answer) {
  const std::string service = text_in(answer, "service");
  const json rows = list_in(answer, "rows");
  const auto capacity = number_in(answer, "capacity_per_worker");
  const auto step = static_cast<std::int64_t>(count_in(answer, "grain_seconds"));
  if (!capacity || *capacity <= 0.0) {
    return Error{"the service " + service + " is no longer in the cluster file"};
  }
  if (rows.empty()) return Error{"no demand of the service " + service + " is recorded yet"};
  if (step < 1 || !std::all_of(rows.begin(), rows.end(), is_row)) {
    return Error{"the coordinator's answer cannot be read; is it of another version?"};
  }
  RecordedDemand recorded{
      .trace = {.step_seconds = step, .begins_at_seconds = rows.front()[0].get<std::int64_t>()},
      .capacity = *capacity,
      .start_seconds = number_in(answer, "start_seconds").value_or(2.0),
      .shortage = number_in(answer, "shortage").value_or(0.01),
      .workers_min = static_cast<std::uint32_t>(count_in(answer, "min")),
      .workers_max = static_cast<std::uint32_t>(count_in(answer, "max"))};
  const std::int64_t cells =
      (rows.back()[0].get<std::int64_t>() - recorded.trace.begins_at_seconds) / step + 1;
  if (cells < 1 || cells > kRowsMost) {
    return Error{"the recorded demand of " + service + " is out of order"};
  }
  if (cells < kRowsFewest) {
    const auto count = static_cast<std::uint64_t>(cells);
    return Error{"only " + coordinator::counted(count, "step", "steps") + " of " +
                 std::to_string(step) + " s " + (cells == 1 ? "is" : "are") + " recorded of " +
                 service + ", too few to judge anything by" +
                 (step > 1 ? ": take a finer --grain, or wait" : ": wait")};
  }
  recorded.trace.requests.resize(static_cast<std::size_t>(cells));
  fill(recorded, rows);
  return recorded;
}

Result<RecordedDemand> recorded_demand_of(const AdminAccess& access, const std::string& service,
                                          const std::string& grain) {
  Result<AdminClient> admin = AdminClient::open(access);
  if (!admin) return Error{admin.error()};
  admin->set_timeout(std::chrono::seconds(30));
  const auto answer = admin->get("/v1/services/" + service + "/history?grain=" + grain);
  if (!answer) return Error{answer.error()};
  return recorded_demand_in(*answer);
}

}  // namespace foretide::cli
