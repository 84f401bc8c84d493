#include "coordinator/io/history_sqlite.hpp"

#include <array>
#include <utility>

#include "coordinator/io/sqlite.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{R"sql(
  CREATE TABLE demand (service TEXT NOT NULL, at_ms INTEGER NOT NULL, demand REAL, forecast REAL,
                       desired INTEGER NOT NULL, ready INTEGER NOT NULL,
                       PRIMARY KEY (service, at_ms)) WITHOUT ROWID;
  CREATE INDEX demand_age ON demand (at_ms);
)sql"};

std::int64_t ms(WallTime time) {
  return time.time_since_epoch().count();
}
SqlValue real(const std::optional<double>& value) {
  return value ? SqlValue(*value) : SqlValue(nullptr);
}

}  // namespace

struct History::Statements {
  SqlFile file;
  SqlStatement add, trim, since;
};

History::History(std::unique_ptr<Statements> statements) : statements_(std::move(statements)) {}
History::~History() = default;

Result<std::unique_ptr<History>> History::open(const std::string& path) {
  auto file = SqlFile::open(path, SqlFile::Durability::kNormal, kMigrations);
  if (!file) return Error{file.error()};
  auto add = file->prepare("INSERT OR REPLACE INTO demand VALUES (?, ?, ?, ?, ?, ?)");
  if (!add) return Error{add.error()};
  auto trim = file->prepare("DELETE FROM demand WHERE at_ms < ?");
  if (!trim) return Error{trim.error()};
  auto since = file->prepare(
      "SELECT at_ms, demand, forecast, desired, ready FROM demand WHERE service = ? AND at_ms >= ? "
      "ORDER BY at_ms");
  if (!since) return Error{since.error()};
  return std::unique_ptr<History>(new History(std::unique_ptr<Statements>(
      new Statements{std::move(*file), std::move(*add), std::move(*trim), std::move(*since)})));
}

Outcome History::add(const std::vector<HistoryRow>& rows) {
  if (rows.empty()) return Done{};
  SqlTransaction transaction(statements_->file);
  if (!transaction.begun()) return transaction.begun();
  for (const HistoryRow& row : rows) {
    Outcome done = statements_->add.run({std::string_view(row.service.text), ms(row.at),
                                         real(row.demand), real(row.forecast),
                                         std::int64_t{row.desired}, std::int64_t{row.ready}});
    if (!done) return done;
  }
  if (Outcome done = statements_->trim.run({ms(rows.front().at - kKept)}); !done) return done;
  return transaction.commit();
}

Result<std::vector<HistoryRow>> History::since(const ServiceId& service, WallTime from) {
  std::vector<HistoryRow> rows;
  Outcome done =
      statements_->since.run({std::string_view(service.text), ms(from)}, [&](const SqlRow& row) {
        HistoryRow it{service,
                      WallTime(std::chrono::milliseconds(row.integer(0))),
                      {},
                      {},
                      static_cast<std::uint32_t>(row.integer(3)),
                      static_cast<std::uint32_t>(row.integer(4))};
        if (!row.is_null(1)) it.demand = row.real(1);
        if (!row.is_null(2)) it.forecast = row.real(2);
        rows.push_back(std::move(it));
      });
  if (!done) return Error{done.error()};
  return rows;
}

}  // namespace foretide::coordinator
