#include "coordinator/io/store_sqlite.hpp"

#include <array>
#include <utility>

#include "common/io/log.hpp"
#include "common/wire/codec.hpp"
#include "coordinator/io/sqlite.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::string_view kFirstTables = R"sql(
  CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
  CREATE TABLE desired_sets (node TEXT PRIMARY KEY, message BLOB NOT NULL);
  CREATE TABLE peers (public_key TEXT PRIMARY KEY, role INTEGER NOT NULL, name TEXT NOT NULL,
                     created_at_ms INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0);
  CREATE UNIQUE INDEX peer_name ON peers (role, name) WHERE revoked = 0;
  CREATE TABLE tokens (public_key TEXT PRIMARY KEY, role INTEGER NOT NULL, name TEXT NOT NULL,
                      expires_at_ms INTEGER NOT NULL, spent_at_ms INTEGER, spent_by TEXT NOT NULL);
  CREATE TABLE overrides (service TEXT PRIMARY KEY, count INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL);
  CREATE TABLE decisions (id INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT NOT NULL,
                         at_ms INTEGER NOT NULL, json TEXT NOT NULL);
  CREATE INDEX decision_of_service ON decisions (service, id);
)sql";
constexpr std::string_view kOrdersByHand = R"sql(
  CREATE TABLE paused_services (service TEXT PRIMARY KEY);
  CREATE TABLE draining_nodes (node TEXT PRIMARY KEY);
)sql";
// What is paused already is so in both directions and for good.
constexpr std::string_view kKindsOfPause = R"sql(
  ALTER TABLE paused_services ADD COLUMN direction INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE paused_services ADD COLUMN expires_at_ms INTEGER NOT NULL DEFAULT 9223372036854775807;
)sql";
constexpr std::array<std::string_view, 3> kMigrations{kFirstTables, kOrdersByHand, kKindsOfPause};

std::int64_t ms(WallTime time) {
  return time.time_since_epoch().count();
}
WallTime wall(std::int64_t time_ms) {
  return WallTime(std::chrono::milliseconds(time_ms));
}
std::int64_t number(wire::Role role) {
  return static_cast<std::int64_t>(role);
}
wire::Role role_of(std::int64_t role) {
  return role == number(wire::Role::kBalancer) ? wire::Role::kBalancer : wire::Role::kAgent;
}

// One that a newer program stored forbids all that this one knows of.
PauseDirection direction_of(std::int64_t direction) {
  constexpr auto kDown = static_cast<std::int64_t>(PauseDirection::kDown);
  return direction == kDown ? PauseDirection::kDown : PauseDirection::kBoth;
}

// Every statement that the store knows, in the order of kSql.
enum Sql : std::size_t {
  kSetEpoch,
  kDropOldEpochs,
  kSetRevision,
  kLife,
  kPutSet,
  kSets,
  kAddDecision,
  kTrimDecisions,
  kDecisions,
  kDecisionsAfter,
  kPeers,
  kAddPeer,
  kRevoke,
  kDropSet,
  kAddToken,
  kTokens,
  kForgetTokens,
  kSpendToken,
  kPutOverride,
  kDropOverride,
  kOverrides,
  kLastDecisions,
  kPause,
  kResume,
  kPaused,
  kDrain,
  kUndrain,
  kUndrainPeer,
  kDraining,
};
constexpr std::array<std::string_view, kDraining + 1> kSql{
    "INSERT INTO epochs SELECT ?, 0 WHERE NOT EXISTS (SELECT 1 FROM epochs WHERE epoch >= ?1)",
    "DELETE FROM epochs WHERE epoch < (SELECT max(epoch) FROM epochs)",
    "UPDATE epochs SET revision = max(revision, ?) WHERE epoch = (SELECT max(epoch) FROM epochs)",
    "SELECT epoch, revision FROM epochs ORDER BY epoch DESC LIMIT 1",
    "INSERT INTO desired_sets VALUES (?, ?) ON CONFLICT (node) DO UPDATE SET message = "
    "excluded.message",
    "SELECT node, message FROM desired_sets ORDER BY node",
    "INSERT INTO decisions (service, at_ms, json) VALUES (?, ?, ?)",
    "DELETE FROM decisions WHERE id <= (SELECT max(id) FROM decisions) - ?",
    "SELECT at_ms, json FROM decisions WHERE service = ? AND at_ms <= ? ORDER BY id DESC LIMIT ?",
    "SELECT at_ms, json FROM decisions WHERE service = ? AND at_ms > ? ORDER BY id LIMIT ?",
    "SELECT public_key, role, name, created_at_ms, revoked FROM peers ORDER BY created_at_ms, name",
    "INSERT INTO peers VALUES (?, ?, ?, ?, 0)",
    "UPDATE peers SET revoked = 1 WHERE public_key = ?",
    "DELETE FROM desired_sets WHERE node = (SELECT name FROM peers WHERE public_key = ? AND role = "
    "1)",
    "INSERT INTO tokens VALUES (?, ?, ?, ?, NULL, '')",
    "SELECT public_key, role, name, expires_at_ms, spent_at_ms, spent_by FROM tokens ORDER BY "
    "expires_at_ms",
    "DELETE FROM tokens WHERE expires_at_ms < ?",
    "UPDATE tokens SET spent_at_ms = ?, spent_by = ? WHERE public_key = ? AND spent_at_ms IS NULL",
    "INSERT INTO overrides VALUES (?, ?, ?) ON CONFLICT (service) DO UPDATE SET count = "
    "excluded.count, "
    "expires_at_ms = excluded.expires_at_ms",
    "DELETE FROM overrides WHERE service = ?",
    "SELECT service, count, expires_at_ms FROM overrides ORDER BY service",
    "SELECT service, at_ms, json FROM decisions WHERE id IN (SELECT max(id) FROM decisions GROUP "
    "BY service)",
    "INSERT OR REPLACE INTO paused_services VALUES (?, ?, ?)",
    "DELETE FROM paused_services WHERE service = ?",
    "SELECT service, direction, expires_at_ms FROM paused_services ORDER BY service",
    "INSERT OR IGNORE INTO draining_nodes VALUES (?)",
    "DELETE FROM draining_nodes WHERE node = ?",
    "DELETE FROM draining_nodes WHERE node = (SELECT name FROM peers WHERE public_key = ? AND role "
    "= 1)",
    "SELECT node FROM draining_nodes ORDER BY node",
};

}  // namespace

struct Store::Statements {
  SqlFile file;
  std::vector<SqlStatement> prepared;

  SqlStatement& operator[](Sql which) { return prepared[which]; }
  Outcome write(const Batch& batch);
};

Store::Store(std::unique_ptr<Statements> statements) : statements_(std::move(statements)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  auto file = SqlFile::open(path, SqlFile::Durability::kFull, kMigrations);
  if (!file) return Error{file.error()};
  std::vector<SqlStatement> prepared;
  for (std::string_view sql : kSql) {
    auto statement = file->prepare(sql);
    if (!statement) return Error{statement.error()};
    prepared.push_back(std::move(*statement));
  }
  return std::unique_ptr<Store>(new Store(
      std::unique_ptr<Statements>(new Statements{std::move(*file), std::move(prepared)})));
}

Outcome Store::commit(const Batch& batch) {
  if (batch.empty()) return Done{};
  SqlTransaction transaction(statements_->file);
  if (!transaction.begun()) return transaction.begun();
  if (Outcome written = statements_->write(batch); !written) return written;
  return transaction.commit();
}

Outcome Store::Statements::write(const Batch& batch) {
  Outcome done = Done{};
  if (batch.epoch) done = (*this)[kSetEpoch].run({static_cast<std::int64_t>(*batch.epoch)});
  if (done && batch.epoch) done = (*this)[kDropOldEpochs].run({});
  if (done && batch.revision)
    done = (*this)[kSetRevision].run({static_cast<std::int64_t>(*batch.revision)});
  for (const auto& [node, set] : batch.sets) {
    if (!done) return done;
    wire::Message message;
    message.envelope.epoch = set.stamp.epoch;
    message.envelope.revision = set.stamp.revision;
    message.body = set;
    const std::string bytes = wire::encode(message);
    done = (*this)[kPutSet].run({std::string_view(node.text), Blob{bytes}});
  }
  for (const StoredDecision& decision : batch.decisions) {
    if (!done) return done;
    done = (*this)[kAddDecision].run({std::string_view(decision.service.text), ms(decision.at),
                                      std::string_view(decision.json)});
  }
  if (done && !batch.decisions.empty()) done = (*this)[kTrimDecisions].run({kDecisionsKept});
  return done;
}

Result<std::uint64_t> Store::epoch() {
  std::int64_t epoch = 0;
  Outcome done = (*statements_)[kLife].run({}, [&](const SqlRow& row) { epoch = row.integer(0); });
  if (!done) return Error{done.error()};
  return static_cast<std::uint64_t>(epoch);
}

Result<std::uint64_t> Store::revision() {
  std::int64_t revision = 0;
  Outcome done =
      (*statements_)[kLife].run({}, [&](const SqlRow& row) { revision = row.integer(1); });
  if (!done) return Error{done.error()};
  return static_cast<std::uint64_t>(revision);
}

Result<std::vector<std::pair<NodeId, wire::DesiredSet>>> Store::sets() {
  std::vector<std::pair<NodeId, wire::DesiredSet>> sets;
  Outcome done = (*statements_)[kSets].run({}, [&](const SqlRow& row) {
    const std::string bytes = row.bytes(1);
    auto message = wire::decode(bytes);
    auto* set = message ? std::get_if<wire::DesiredSet>(&message->body) : nullptr;
    if (set) return sets.emplace_back(NodeId{row.bytes(0)}, std::move(*set)), void();
    spdlog::error(
        "{}: the desired set of node {} cannot be read ({}): its workers are taken in as the node "
        "reports them",
        statements_->file.path(), row.bytes(0),
        message ? "it is another message" : message.error());
  });
  if (!done) return Error{done.error()};
  return sets;
}

Result<std::vector<StoredDecision>> Store::decisions(const ServiceId& service, std::uint32_t limit,
                                                     WallTime until) {
  return decisions_by(kDecisions, service, until, limit);
}

Result<std::vector<StoredDecision>> Store::decisions_after(const ServiceId& service, WallTime at,
                                                           std::uint32_t limit) {
  return decisions_by(kDecisionsAfter, service, at, limit);
}

Result<std::vector<StoredDecision>> Store::decisions_by(std::size_t statement,
                                                        const ServiceId& service, WallTime at,
                                                        std::uint32_t limit) {
  std::vector<StoredDecision> decisions;
  Outcome done = (*statements_)[static_cast<Sql>(statement)].run(
      {std::string_view(service.text), ms(at), static_cast<std::int64_t>(limit)},
      [&](const SqlRow& row) {
        decisions.push_back({service, wall(row.integer(0)), row.bytes(1)});
      });
  if (!done) return Error{done.error()};
  return decisions;
}

Result<std::vector<StoredDecision>> Store::last_decisions() {
  std::vector<StoredDecision> decisions;
  Outcome done = (*statements_)[kLastDecisions].run({}, [&](const SqlRow& row) {
    decisions.push_back({ServiceId{row.bytes(0)}, wall(row.integer(1)), row.bytes(2)});
  });
  if (!done) return Error{done.error()};
  return decisions;
}

Result<std::vector<StoredPeer>> Store::peers() {
  std::vector<StoredPeer> peers;
  Outcome done = (*statements_)[kPeers].run({}, [&](const SqlRow& row) {
    peers.push_back({row.bytes(0), role_of(row.integer(1)), row.bytes(2), wall(row.integer(3)),
                     row.integer(4) != 0});
  });
  if (!done) return Error{done.error()};
  return peers;
}

Outcome Store::revoke(const std::string& public_key) {
  SqlTransaction transaction(statements_->file);
  if (!transaction.begun()) return transaction.begun();
  if (Outcome done = (*statements_)[kDropSet].run({std::string_view(public_key)}); !done)
    return done;
  if (Outcome done = (*statements_)[kUndrainPeer].run({std::string_view(public_key)}); !done)
    return done;
  if (Outcome done = (*statements_)[kRevoke].run({std::string_view(public_key)}); !done)
    return done;
  return transaction.commit();
}

Outcome Store::add_token(const StoredToken& token) {
  return (*statements_)[kAddToken].run({std::string_view(token.public_key), number(token.role),
                                        std::string_view(token.name), ms(token.expires_at)});
}

Result<std::vector<StoredToken>> Store::tokens() {
  std::vector<StoredToken> tokens;
  Outcome done = (*statements_)[kTokens].run({}, [&](const SqlRow& row) {
    StoredToken token{row.bytes(0), role_of(row.integer(1)), row.bytes(2), wall(row.integer(3)), {},
                      row.bytes(5)};
    if (!row.is_null(4)) token.spent_at = wall(row.integer(4));
    tokens.push_back(std::move(token));
  });
  if (!done) return Error{done.error()};
  return tokens;
}

Outcome Store::forget_tokens_before(WallTime expiry) {
  return (*statements_)[kForgetTokens].run({ms(expiry)});
}

Outcome Store::enrol(const StoredToken& spent, const StoredPeer& peer) {
  SqlTransaction transaction(statements_->file);
  if (!transaction.begun()) return transaction.begun();
  Outcome done = (*statements_)[kSpendToken].run({ms(spent.spent_at.value_or(peer.created_at)),
                                                  std::string_view(peer.public_key),
                                                  std::string_view(spent.public_key)});
  if (!done) return done;
  if (statements_->file.changes() != 1) return Error{"this join token was used already"};
  done = (*statements_)[kAddPeer].run({std::string_view(peer.public_key), number(peer.role),
                                       std::string_view(peer.name), ms(peer.created_at)});
  if (!done) return done;
  return transaction.commit();
}

Outcome Store::set_override(const StoredOverride& override_) {
  return (*statements_)[kPutOverride].run({std::string_view(override_.service.text),
                                           static_cast<std::int64_t>(override_.count),
                                           ms(override_.expires_at)});
}

Outcome Store::clear_override(const ServiceId& service) {
  return (*statements_)[kDropOverride].run({std::string_view(service.text)});
}

Result<std::vector<StoredOverride>> Store::overrides() {
  std::vector<StoredOverride> overrides;
  Outcome done = (*statements_)[kOverrides].run({}, [&](const SqlRow& row) {
    overrides.push_back({ServiceId{row.bytes(0)}, static_cast<std::uint32_t>(row.integer(1)),
                         wall(row.integer(2))});
  });
  if (!done) return Error{done.error()};
  return overrides;
}

Outcome Store::pause(const StoredPause& pause) {
  return (*statements_)[kPause].run({std::string_view(pause.service.text),
                                     static_cast<std::int64_t>(pause.direction),
                                     ms(pause.expires_at)});
}

Outcome Store::resume(const ServiceId& service) {
  return (*statements_)[kResume].run({std::string_view(service.text)});
}

Result<std::vector<StoredPause>> Store::paused() {
  std::vector<StoredPause> pauses;
  Outcome done = (*statements_)[kPaused].run({}, [&](const SqlRow& row) {
    pauses.push_back({ServiceId{row.bytes(0)}, direction_of(row.integer(1)), wall(row.integer(2))});
  });
  if (!done) return Error{done.error()};
  return pauses;
}

Outcome Store::drain(const NodeId& node) {
  return (*statements_)[kDrain].run({std::string_view(node.text)});
}

Outcome Store::undrain(const NodeId& node) {
  return (*statements_)[kUndrain].run({std::string_view(node.text)});
}

Result<std::vector<NodeId>> Store::draining() {
  std::vector<NodeId> nodes;
  Outcome done = (*statements_)[kDraining].run(
      {}, [&](const SqlRow& row) { nodes.push_back({row.bytes(0)}); });
  if (!done) return Error{done.error()};
  return nodes;
}

}  // namespace foretide::coordinator
