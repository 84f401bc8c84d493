#include "coordinator/io/history_sqlite.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "coordinator/io/sqlite.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::array<std::string_view, 4> kMigrations{R"sql(
  CREATE TABLE demand (service TEXT NOT NULL, at_ms INTEGER NOT NULL, demand REAL, forecast REAL,
                       desired INTEGER NOT NULL, ready INTEGER NOT NULL,
                       PRIMARY KEY (service, at_ms)) WITHOUT ROWID;
  CREATE INDEX demand_age ON demand (at_ms);
)sql",
                                                      R"sql(
  CREATE TABLE history (service TEXT NOT NULL, grain INTEGER NOT NULL, at INTEGER NOT NULL,
                        demand REAL, forecast REAL, desired REAL NOT NULL, ready REAL NOT NULL,
                        PRIMARY KEY (service, grain, at)) WITHOUT ROWID;
  INSERT INTO history SELECT service, 60, at_ms / 60000 * 60, avg(demand), avg(forecast),
                             avg(desired), avg(ready)
    FROM demand GROUP BY service, at_ms / 60000;
  DROP TABLE demand;
  CREATE TABLE learned (service TEXT PRIMARY KEY, step_seconds INTEGER NOT NULL,
                        end_at INTEGER NOT NULL, loads BLOB NOT NULL, starts BLOB NOT NULL);
)sql",
                                                      MomentTable::kMigration,
                                                      R"sql(
  CREATE TABLE capacity (service TEXT PRIMARY KEY, learned TEXT NOT NULL);
)sql"};

constexpr SqlAdvice kAdvice{
    .damaged =
        "move the file away: only recorded demand and what was learned from it are lost, and "
        "gathered anew; workers, settings and keys are kept elsewhere",
    .newer =
        "use that version again, or move the file away: only recorded demand and what was learned "
        "from it are lost, and gathered anew; workers, settings and keys are kept elsewhere",
    .writer_sql = "SELECT version FROM moments ORDER BY id DESC LIMIT 1"};

constexpr HistoryGrain kGrains[] = {HistoryGrain::kSecond, HistoryGrain::kMinute,
                                    HistoryGrain::kHour};

constexpr std::int64_t kJoinedAnew = 2 * 3600;  // seconds back, when a life begins
constexpr std::int64_t kDay = 24 * 3600;

std::int64_t seconds_in(HistoryGrain grain) {
  return static_cast<std::int64_t>(grain);
}

SqlValue real(const std::optional<double>& value) {
  return value ? SqlValue(*value) : SqlValue(nullptr);
}

HistoryRow row_in(const SqlRow& row) {
  HistoryRow it{.at = row.integer(0),
                .demand = {},
                .forecast = {},
                .desired = row.real(3),
                .ready = row.real(4)};
  if (!row.is_null(1)) it.demand = row.real(1);
  if (!row.is_null(2)) it.forecast = row.real(2);
  return it;
}

template <class Value>
std::string bytes_of(const std::vector<Value>& values) {
  std::string bytes(values.size() * sizeof(Value), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <class Value>
std::vector<Value> values_in(const std::string& bytes) {
  std::vector<Value> values(std::min(bytes.size() / sizeof(Value), kLearnedStepsMax));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
  return values;
}

// Not known is not a number.
std::string load_bytes(const std::vector<std::optional<float>>& loads) {
  std::vector<float> values;
  values.reserve(loads.size());
  for (const auto& load : loads) {
    values.push_back(load.value_or(std::numeric_limits<float>::quiet_NaN()));
  }
  return bytes_of(values);
}

std::vector<std::optional<float>> loads_in(const std::string& bytes) {
  std::vector<std::optional<float>> loads;
  for (const float value : values_in<float>(bytes)) {
    loads.push_back(std::isfinite(value) && value >= 0.0F ? std::optional(value) : std::nullopt);
  }
  return loads;
}

// In milliseconds; no worker takes a day to start.
std::vector<std::int64_t> starts_in(const std::string& bytes) {
  std::vector<std::int64_t> starts = values_in<std::int64_t>(bytes);
  std::erase_if(starts, [](std::int64_t start) { return start < 0 || start > kDay * 1000; });
  return starts;
}

}  // namespace

struct History::Statements {
  SqlFile file;
  SqlStatement add, join, trim, since, keep_steps, steps, trim_all, keep_capacity, capacity;
  std::map<std::string, std::int64_t> added_to;  // in this life, of each service
  std::optional<MomentTable> moments;            // in the same file
};

History::History(std::unique_ptr<Statements> statements) : statements_(std::move(statements)) {}
History::~History() = default;

Result<std::unique_ptr<History>> History::open(const std::string& path) {
  auto file = SqlFile::open(path, SqlFile::Durability::kNormal, kMigrations, kAdvice);
  if (!file) return Error{file.error()};
  constexpr std::string_view kStatements[] = {
      "INSERT OR REPLACE INTO history VALUES (?, 1, ?, ?, ?, ?, ?)",
      // service, coarser, finer, from, to
      "INSERT OR REPLACE INTO history SELECT service, ?2, at - at % ?2, "
      "CASE WHEN count(demand) * 2 >= ?2 / ?3 THEN avg(demand) END, avg(forecast), avg(desired), "
      "avg(ready) FROM history WHERE service = ?1 AND grain = ?3 AND at >= ?4 AND at < ?5 "
      "GROUP BY at - at % ?2",
      // Not only what is too old: a clock that was once ahead wrote what would never be.
      "DELETE FROM history WHERE service = ? AND grain = ? AND (at < ? OR at > ?)",
      "SELECT at, demand, forecast, desired, ready FROM history WHERE service = ? AND grain = ? "
      "AND at >= ? ORDER BY at",
      "INSERT OR REPLACE INTO learned VALUES (?, ?, ?, ?, ?)",
      "SELECT step_seconds, end_at, loads, starts FROM learned WHERE service = ?",
      "DELETE FROM history WHERE grain = ? AND at < ?",
      "INSERT OR REPLACE INTO capacity VALUES (?, ?)",
      "SELECT learned FROM capacity WHERE service = ?"};
  std::vector<SqlStatement> prepared;
  for (const std::string_view sql : kStatements) {
    auto statement = file->prepare(sql);
    if (!statement) return Error{statement.error()};
    prepared.push_back(std::move(*statement));
  }
  std::unique_ptr<History> history(
      new History(std::unique_ptr<Statements>(new Statements{std::move(*file),
                                                             std::move(prepared[0]),
                                                             std::move(prepared[1]),
                                                             std::move(prepared[2]),
                                                             std::move(prepared[3]),
                                                             std::move(prepared[4]),
                                                             std::move(prepared[5]),
                                                             std::move(prepared[6]),
                                                             std::move(prepared[7]),
                                                             std::move(prepared[8]),
                                                             {},
                                                             {}})));
  auto moments = MomentTable::open(history->statements_->file);
  if (!moments) return Error{moments.error()};
  history->statements_->moments.emplace(std::move(*moments));
  return history;
}

MomentTable& History::moments() {
  return *statements_->moments;
}

Outcome History::join(const ServiceId& service, HistoryGrain grain, HistoryGrain finer,
                      std::int64_t from, std::int64_t to) {
  const std::int64_t whole = seconds_in(grain);
  const std::int64_t begin = from - from % whole, end = to - to % whole;
  if (begin >= end) return Done{};  // none has ended
  return statements_->join.run(
      {std::string_view(service.text), whole, seconds_in(finer), begin, end});
}

Outcome History::add(const ServiceId& service, const std::vector<HistoryRow>& seconds) {
  if (seconds.empty()) return Done{};
  SqlTransaction transaction(statements_->file);
  if (!transaction.begun()) return transaction.begun();
  for (const HistoryRow& row : seconds) {
    Outcome done = statements_->add.run({std::string_view(service.text), row.at, real(row.demand),
                                         real(row.forecast), row.desired, row.ready});
    if (!done) return done;
  }
  // From where the last rows ended, lest a gap leaves a minute or an hour unjoined; a former life
  // may have ended in the midst of one.
  const std::int64_t to = seconds.back().at + 1;
  const auto before = statements_->added_to.try_emplace(service.text, to - kJoinedAnew).first;
  const std::int64_t from = std::min(seconds.front().at, before->second);
  before->second = to;
  Outcome done = join(service, HistoryGrain::kMinute, HistoryGrain::kSecond, from, to);
  if (done) done = join(service, HistoryGrain::kHour, HistoryGrain::kMinute, from, to);
  for (const HistoryGrain grain : kGrains) {
    if (!done) return done;
    done = statements_->trim.run(
        {std::string_view(service.text), seconds_in(grain), to - seconds_kept(grain), to + kDay});
  }
  if (!done) return done;
  return transaction.commit();
}

Result<std::vector<HistoryRow>> History::since(const ServiceId& service, HistoryGrain grain,
                                               std::int64_t from) {
  std::vector<HistoryRow> rows;
  Outcome done = statements_->since.run({std::string_view(service.text), seconds_in(grain), from},
                                        [&](const SqlRow& row) { rows.push_back(row_in(row)); });
  if (!done) return Error{done.error()};
  return rows;
}

Outcome History::trim(std::int64_t now) {
  for (const HistoryGrain grain : kGrains) {
    Outcome done = statements_->trim_all.run({seconds_in(grain), now - seconds_kept(grain)});
    if (!done) return done;
  }
  return moments().trim(now * 1000);
}

Outcome History::keep_steps(const ServiceId& service, const LearnedSteps& steps) {
  const std::string loads = load_bytes(steps.loads), starts = bytes_of(steps.start_times_ms);
  return statements_->keep_steps.run({std::string_view(service.text), steps.step_seconds,
                                      steps.end_at, Blob{loads}, Blob{starts}});
}

Outcome History::keep_capacity(const ServiceId& service, const std::string& learned) {
  return statements_->keep_capacity.run(
      {std::string_view(service.text), std::string_view(learned)});
}

Result<std::string> History::capacity(const ServiceId& service) {
  std::string learned;
  Outcome done = statements_->capacity.run({std::string_view(service.text)},
                                           [&](const SqlRow& row) { learned = row.bytes(0); });
  if (!done) return Error{done.error()};
  return learned;
}

Result<std::optional<LearnedSteps>> History::steps(const ServiceId& service) {
  std::optional<LearnedSteps> steps;
  Outcome done = statements_->steps.run({std::string_view(service.text)}, [&](const SqlRow& row) {
    steps = {.step_seconds = std::clamp<std::int64_t>(row.integer(0), 1, 60),
             .end_at = row.integer(1),
             .loads = loads_in(row.bytes(2)),
             .start_times_ms = starts_in(row.bytes(3))};
  });
  if (!done) return Error{done.error()};
  return steps;
}

}  // namespace foretide::coordinator
