#include "coordinator/io/moments_sqlite.hpp"

#include <utility>

namespace foretide::coordinator {

Result<MomentTable> MomentTable::open(SqlFile& file) {
  constexpr std::string_view kStatements[] = {
      "INSERT INTO moments (service, life, number, begin, version, bytes) "
      "VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (service, life, number) DO UPDATE SET bytes = excluded.bytes",
      "DELETE FROM moments WHERE service = ? AND begin < ?",
      "DELETE FROM moments WHERE service = ?1 AND id <= (SELECT max(id) FROM "
      "(SELECT id, sum(length(bytes)) OVER (ORDER BY id DESC) AS bytes_since FROM moments "
      "WHERE service = ?1) WHERE bytes_since > ?2)",
      "SELECT id, life, number, begin, version, bytes FROM moments "
      "WHERE service = ? AND id > ? ORDER BY id LIMIT ?",
      "DELETE FROM moments WHERE begin < ?"};
  std::vector<SqlStatement> prepared;
  for (const std::string_view sql : kStatements) {
    auto statement = file.prepare(sql);
    if (!statement) return Error{statement.error()};
    prepared.push_back(std::move(*statement));
  }
  return MomentTable(file, {std::move(prepared[0]), std::move(prepared[1]), std::move(prepared[2]),
                            std::move(prepared[3]), std::move(prepared[4])});
}

Outcome MomentTable::keep(const ServiceId& service, const std::vector<MomentChunk>& chunks,
                          std::string_view version) {
  if (chunks.empty()) return Done{};
  SqlTransaction transaction(*file_);
  if (!transaction.begun()) return transaction.begun();
  const std::string_view name = service.text;
  for (const MomentChunk& chunk : chunks) {
    if (Outcome added = keep_growing(service, chunk, version); !added) return added;
  }
  Outcome done = statements_.trim_age.run({name, chunks.back().begin - kMomentsKeptMs});
  if (done) done = statements_.trim_bytes.run({name, kMomentsBytesMax});
  if (!done) return done;
  return transaction.commit();
}

Outcome MomentTable::keep_growing(const ServiceId& service, const MomentChunk& chunk,
                                  std::string_view version) {
  return statements_.add.run({std::string_view(service.text), chunk.life,
                              static_cast<std::int64_t>(chunk.number), chunk.begin, version,
                              Blob{chunk.bytes}});
}

Result<std::vector<KeptMoments>> MomentTable::after(const ServiceId& service, std::int64_t id) {
  std::vector<KeptMoments> all;
  std::size_t bytes = 0;
  const auto take = [&](const SqlRow& row) {
    if (bytes >= kMomentBytesAtOnce) return;
    all.push_back({.id = row.integer(0),
                   .chunk = {.life = row.integer(1),
                             .number = static_cast<std::uint64_t>(row.integer(2)),
                             .begin = row.integer(3),
                             .bytes = row.bytes(5)},
                   .version = row.bytes(4)});
    bytes += all.back().chunk.bytes.size();
  };
  Outcome done =
      statements_.after.run({std::string_view(service.text), id, kMomentChunksAtOnce}, take);
  if (!done) return Error{done.error()};
  return all;
}

Outcome MomentTable::trim(std::int64_t now) {
  return statements_.trim_all.run({now - kMomentsKeptMs});
}

}  // namespace foretide::coordinator
