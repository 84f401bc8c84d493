// One SQLite file and its prepared statements; `sqlite.cpp` is the only file that sees sqlite3.h.
// Every failure is an Error that names the file and says in words what SQLite said, so that "disk
// full" and "not a database" reach a person as such.
//
// Opening a file checks it (quick_check), sets WAL and the durability asked for, and brings its
// schema up to date: migration i takes a file from version i to i + 1, each in a transaction of its
// own. A file that is newer than this program, or damaged, is refused, with a word on what becomes
// of it when people move it away (SqlAdvice), for that is not the same for every file. One thread
// uses it.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace foretide::coordinator {

// What can be bound to a statement. Text is bound as text; Blob as bytes; nothing as NULL.
struct Blob {
  std::string_view bytes;
};
using SqlValue = std::variant<std::nullptr_t, std::int64_t, double, std::string_view, Blob>;

// The row that a query stands on; valid within the visitor only.
class SqlRow {
 public:
  explicit SqlRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string bytes(int column) const;  // text or blob

 private:
  sqlite3_stmt* statement_;
};

class SqlStatement {
 public:
  using Visitor = std::function<void(const SqlRow&)>;

  // Binds, runs to the end and resets. A query calls `visit` for each of its rows.
  Outcome run(std::initializer_list<SqlValue> values, const Visitor& visit = {});

 private:
  friend class SqlFile;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  SqlStatement(std::string path, sqlite3_stmt* statement);
  std::string path_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// What people can do about a file that this program cannot use.
struct SqlAdvice {
  std::string_view damaged =
      "restore a backup, or move the file away: agents keep their workers and report them";
  std::string_view newer = "use that version again";
  // Asked of a newer file, if it still has this: the version that wrote it.
  std::string_view writer_sql = {};
};

class SqlFile {
 public:
  enum class Durability { kFull, kNormal };

  static Result<SqlFile> open(const std::string& path, Durability durability,
                              std::span<const std::string_view> migrations,
                              const SqlAdvice& advice = {});

  Result<SqlStatement> prepare(std::string_view sql);
  Outcome run(std::string_view sql);
  std::uint64_t changes() const;  // rows changed by the last statement
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* file) const;
  };
  SqlFile(std::string path, sqlite3* file);
  Outcome check_and_prepare(Durability durability, const SqlAdvice& advice);
  Outcome migrate(std::span<const std::string_view> migrations, const SqlAdvice& advice);
  Error newer_error(std::int64_t version, std::int64_t known, const SqlAdvice& advice);
  Result<std::int64_t> read_integer(std::string_view sql);
  Error error(std::string_view doing) const;
  std::string path_;
  std::unique_ptr<sqlite3, Close> file_;
};

// Begins at construction (see `begun`), rolls back at destruction unless it was committed.
class SqlTransaction {
 public:
  explicit SqlTransaction(SqlFile& file);
  ~SqlTransaction();
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;

  const Outcome& begun() const { return begun_; }
  Outcome commit();

 private:
  SqlFile& file_;
  Outcome begun_;
  bool open_ = false;
};

}  // namespace foretide::coordinator
