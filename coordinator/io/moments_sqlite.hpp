// The moments that services' decisions were made of (core/moment.hpp), in a table of the history
// file: for each service the last 24 hours, and no more than 12 MB; beyond either the oldest go. A
// day takes some 5 MB; making a predictor anew, which happens when start times or capacity change,
// takes up to 120 KB more.
//
// A chunk that is not finished is kept too, so that a crash loses seconds and not a minute; it is
// replaced as it grows. One thread uses it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.hpp"
#include "common/result.hpp"
#include "coordinator/core/moment.hpp"
#include "coordinator/io/sqlite.hpp"

namespace foretide::coordinator {

inline constexpr std::int64_t kMomentsKeptMs = 24 * 3600 * 1000;
inline constexpr std::int64_t kMomentsBytesMax = 12 << 20;
// In one answer: chunks, and bytes beyond which none follows.
inline constexpr std::int64_t kMomentChunksAtOnce = 240;
inline constexpr std::size_t kMomentBytesAtOnce = 2 << 20;

struct KeptMoments {
  std::int64_t id = 0;  // grows; 0: it is not in the file yet
  MomentChunk chunk;
  std::string version;  // of the program that wrote it
};

class MomentTable {
 public:
  // What a file needs before it can be opened.
  static constexpr std::string_view kMigration = R"sql(
  CREATE TABLE moments (id INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT NOT NULL,
                        life INTEGER NOT NULL, number INTEGER NOT NULL, begin INTEGER NOT NULL,
                        version TEXT NOT NULL, bytes BLOB NOT NULL,
                        UNIQUE (service, life, number));
)sql";
  // The file outlives the table.
  static Result<MomentTable> open(SqlFile& file);

  // The oldest go for them.
  Outcome keep(const ServiceId& service, const std::vector<MomentChunk>& chunks,
               std::string_view version);
  // One that grows yet; nothing goes for it.
  Outcome keep_growing(const ServiceId& service, const MomentChunk& chunk,
                       std::string_view version);
  // Those behind `id`, oldest first, as many as fit one answer.
  Result<std::vector<KeptMoments>> after(const ServiceId& service, std::int64_t id);
  // Of all services; `now` in milliseconds.
  Outcome trim(std::int64_t now);

 private:
  struct Statements {
    SqlStatement add, trim_age, trim_bytes, after, trim_all;
  };
  MomentTable(SqlFile& file, Statements statements)
      : file_(&file), statements_(std::move(statements)) {}

  SqlFile* file_;
  Statements statements_;
};

}  // namespace foretide::coordinator
