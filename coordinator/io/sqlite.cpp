#include "coordinator/io/sqlite.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cstring>
#include <type_traits>

namespace foretide::coordinator {
namespace {

Error error_of(const std::string& path, sqlite3* file, std::string_view doing) {
  const int code = file ? sqlite3_errcode(file) : SQLITE_NOMEM;
  std::string text =
      path + ": " + std::string(doing) + ": " + (file ? sqlite3_errmsg(file) : "out of memory");
  switch (code) {
    case SQLITE_FULL:
      text += " (free some space; nothing was changed)";
      break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      text +=
          " (restore a backup, or move the file away: agents keep their workers and report them)";
      break;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      text += " (check the owner and the mode of the file and its folder)";
      break;
    case SQLITE_BUSY:
      text += " (another program has it open)";
      break;
    default:
      break;
  }
  return Error{std::move(text)};
}

int bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  return std::visit(
      [&](const auto& it) {
        using T = std::decay_t<decltype(it)>;
        if constexpr (std::is_same_v<T, std::nullptr_t>)
          return sqlite3_bind_null(statement, index);
        else if constexpr (std::is_same_v<T, std::int64_t>)
          return sqlite3_bind_int64(statement, index, it);
        else if constexpr (std::is_same_v<T, double>)
          return sqlite3_bind_double(statement, index, it);
        else if constexpr (std::is_same_v<T, std::string_view>)
          return sqlite3_bind_text(statement, index, it.empty() ? "" : it.data(),
                                   static_cast<int>(it.size()), SQLITE_TRANSIENT);
        else
          return sqlite3_bind_blob(statement, index, it.bytes.empty() ? "" : it.bytes.data(),
                                   static_cast<int>(it.bytes.size()), SQLITE_TRANSIENT);
      },
      value);
}

}  // namespace

bool SqlRow::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t SqlRow::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double SqlRow::real(int column) const {
  return sqlite3_column_double(statement_, column);
}
std::string SqlRow::bytes(int column) const {
  const void* start = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return start ? std::string(static_cast<const char*>(start), static_cast<std::size_t>(size))
               : std::string();
}

void SqlStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqlStatement::SqlStatement(std::string path, sqlite3_stmt* statement)
    : path_(std::move(path)), statement_(statement) {}

Outcome SqlStatement::run(std::initializer_list<SqlValue> values, const Visitor& visit) {
  sqlite3_stmt* statement = statement_.get();
  sqlite3* file = sqlite3_db_handle(statement);
  CHECK(static_cast<int>(values.size()) == sqlite3_bind_parameter_count(statement),
        "every parameter of a statement is bound");
  int code = SQLITE_OK;
  int index = 0;
  for (const SqlValue& value : values) {
    if (code == SQLITE_OK) code = bind(statement, ++index, value);
  }
  if (code == SQLITE_OK) {
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      if (visit) visit(SqlRow(statement));
    }
  }
  Outcome outcome = Done{};
  if (code != SQLITE_DONE) outcome = error_of(path_, file, "cannot read or write");
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return outcome;
}

void SqlFile::Close::operator()(sqlite3* file) const {
  sqlite3_close_v2(file);
}

SqlFile::SqlFile(std::string path, sqlite3* file) : path_(std::move(path)), file_(file) {}

Result<SqlFile> SqlFile::open(const std::string& path, Durability durability,
                              std::span<const std::string_view> migrations,
                              const SqlAdvice& advice) {
  const mode_t former = ::umask(0077);  // the file holds keys: its owner's eyes only
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  ::umask(former);
  SqlFile file(path, raw);
  if (code != SQLITE_OK) return file.error("cannot open");
  sqlite3_busy_timeout(raw, 250);
  if (Outcome ready = file.check_and_prepare(durability, advice); !ready)
    return Error{ready.error()};
  if (Outcome done = file.migrate(migrations, advice); !done) return Error{done.error()};
  return file;
}

Outcome SqlFile::check_and_prepare(Durability durability, const SqlAdvice& advice) {
  auto check = prepare("PRAGMA quick_check(1)");
  if (!check) return Error{check.error()};
  std::string verdict;
  Outcome checked = check->run({}, [&](const SqlRow& row) { verdict = row.bytes(0); });
  if (!checked) return checked;
  if (verdict != "ok") {
    return Error{path_ + ": damaged: " + verdict + " (" + std::string(advice.damaged) + ")"};
  }
  if (Outcome wal = run("PRAGMA journal_mode=WAL"); !wal) return wal;
  return run(durability == Durability::kFull ? "PRAGMA synchronous=FULL"
                                             : "PRAGMA synchronous=NORMAL");
}

Error SqlFile::newer_error(std::int64_t version, std::int64_t known, const SqlAdvice& advice) {
  std::string writer = "a newer Foretide";
  if (!advice.writer_sql.empty()) {
    // Where it has no such table any more, it stays "a newer one".
    if (auto asked = prepare(advice.writer_sql)) {
      (void)asked->run({}, [&](const SqlRow& row) { writer = "Foretide " + row.bytes(0); });
    }
  }
  return Error{path_ + ": " + writer + " wrote it, with schema version " + std::to_string(version) +
               "; this one, " FORETIDE_VERSION ", knows up to " + std::to_string(known) + " (" +
               std::string(advice.newer) + ")"};
}

Outcome SqlFile::migrate(std::span<const std::string_view> migrations, const SqlAdvice& advice) {
  auto version = read_integer("PRAGMA user_version");
  if (!version) return Error{version.error()};
  const auto known = static_cast<std::int64_t>(migrations.size());
  if (*version < 0 || *version > known) return newer_error(*version, known, advice);
  for (std::int64_t from = *version; from < known; ++from) {
    SqlTransaction transaction(*this);
    if (!transaction.begun()) return transaction.begun();
    if (Outcome done = run(migrations[static_cast<std::size_t>(from)]); !done) return done;
    if (Outcome done = run("PRAGMA user_version=" + std::to_string(from + 1)); !done) return done;
    if (Outcome done = transaction.commit(); !done) return done;
  }
  return Done{};
}

Result<std::int64_t> SqlFile::read_integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return Error{statement.error()};
  std::int64_t value = 0;
  Outcome done = statement->run({}, [&](const SqlRow& row) { value = row.integer(0); });
  if (!done) return Error{done.error()};
  return value;
}

Result<SqlStatement> SqlFile::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(file_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return error("cannot read");
  return SqlStatement(path_, raw);
}

Outcome SqlFile::run(std::string_view sql) {
  const std::string text(sql);
  if (sqlite3_exec(file_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return error("cannot write");
  return Done{};
}

std::uint64_t SqlFile::changes() const {
  return static_cast<std::uint64_t>(sqlite3_changes(file_.get()));
}

Error SqlFile::error(std::string_view doing) const {
  return error_of(path_, file_.get(), doing);
}

SqlTransaction::SqlTransaction(SqlFile& file) : file_(file), begun_(file.run("BEGIN IMMEDIATE")) {
  open_ = static_cast<bool>(begun_);
}

SqlTransaction::~SqlTransaction() {
  if (open_) (void)file_.run("ROLLBACK");
}

Outcome SqlTransaction::commit() {
  Outcome done = file_.run("COMMIT");
  if (done) open_ = false;
  return done;
}

}  // namespace foretide::coordinator
