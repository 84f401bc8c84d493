// Everything that the programs say to one another, as plain values. `codec.hpp` turns them into
// bytes.
//
//   agent    -> coordinator   Hello, NodeReport (control); NodeSample (telemetry)
//   balancer -> coordinator   Hello, TableAck (control); TrafficReport (both: at once on control
//                             when a hold begins, every period on telemetry)
//   joiner   -> coordinator   Enrol (control, under the token's one-time key)
//   coordinator -> agent      Welcome, DesiredSet, Refusal
//   coordinator -> balancer   Welcome, ServiceTable, MatchTable, Refusal
//   coordinator -> joiner     Enrolled, Refusal
//
// Levels, not edges: a DesiredSet is the whole set of one node's workers, a ServiceTable the whole
// table of one service. A worker or an endpoint ends only by an entry that says so (`kStop`,
// `kGone`); one that is merely missing is kept and reported. Absent optionals mean "not known",
// never zero. Counters are cumulative since the sender's session began. No receiver compares
// `sent_at_ms` with its own clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/address.hpp"
#include "common/ids.hpp"
#include "common/stamp.hpp"
#include "common/worker_spec.hpp"

namespace foretide::wire {

enum class Role : std::uint8_t { kAgent = 1, kBalancer = 2 };

// First message of a session; an agent sends a NodeReport right behind it, a balancer one TableAck
// for each table that it holds.
struct Hello {
  Role role = Role::kAgent;
  std::string name;     // what the sender believes to be called; its key decides
  std::string version;  // of the program
  std::string boot_id;
  std::uint64_t highest_epoch = 0;
  std::string address;  // agent: where its workers can be reached; empty: take the connection's
  double cpus = 0.0;
  std::uint64_t memory_bytes = 0;
  std::vector<std::string> traffic;  // balancer: its listen addresses, for display
  friend bool operator==(const Hello&, const Hello&) = default;
};

// Answer to Hello: the name that belongs to the key, and the epoch that now holds.
struct Welcome {
  std::string name;
  std::uint64_t epoch = 0;
  bool introduce = false;  // this session has not said Hello here: say it, whatever the epoch
  friend bool operator==(const Welcome&, const Welcome&) = default;
};

// Why the coordinator will not talk: a used token, a key that is already connected elsewhere.
// `final` ends the program; otherwise it tries again.
struct Refusal {
  std::string reason;
  bool final = false;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

struct Enrol {
  Role role = Role::kAgent;
  std::string name;
  std::string public_key;  // Z85, 40 characters
  friend bool operator==(const Enrol&, const Enrol&) = default;
};

struct Enrolled {
  std::string name;
  Address control;  // ports to dial from now on; host is empty: the one already dialled
  Address telemetry;
  friend bool operator==(const Enrolled&, const Enrolled&) = default;
};

// ---- agents ----

enum class WorkerPhase : std::uint8_t {
  kStarting = 1,    // running, has not passed its start probe yet
  kReady = 2,       // passed it
  kBackingOff = 3,  // ended by itself; will be started again on the same port
  kStopping = 4,    // told to stop: waiting for quiet, signalled, or being killed
  kEnded = 5,       // gone for good; kept until the coordinator's set no longer has it
  kRefused = 6,     // cannot be started here at all (command not found, no such user, …)
};

struct Exit {
  std::optional<int> code;
  std::optional<int> signal;  // both absent: it ended while no agent looked
  friend bool operator==(const Exit&, const Exit&) = default;
};

struct WorkerReport {
  WorkerId id;
  ServiceId service;
  ReleaseId release;
  WorkerPhase phase = WorkerPhase::kStarting;
  Address address;
  std::int64_t pid = 0;
  std::optional<std::uint64_t> start_ms;  // exec to ready, of the present incarnation
  std::uint64_t phase_age_ms = 0;         // how long it has been in this phase
  std::uint32_t failures = 0;             // ends or failed starts in a row
  std::optional<Exit> last_exit;
  std::string reason;                    // a sentence, when something is wrong
  std::vector<std::string> last_output;  // last lines, when it failed
  friend bool operator==(const WorkerReport&, const WorkerReport&) = default;
};

// The whole truth of a node. Sent after Hello, at once when any worker changes phase, and every
// second.
struct NodeReport {
  Stamp applied;  // the newest DesiredSet that it has
  std::vector<WorkerReport> workers;
  std::vector<WorkerId> missing;  // workers that run although the set has no entry for them
  friend bool operator==(const NodeReport&, const NodeReport&) = default;
};

enum class WorkerOrder : std::uint8_t { kRun = 1, kStop = 2 };

struct DesiredWorker {
  WorkerId id;
  ServiceId service;
  ReleaseId release;
  WorkerOrder order = WorkerOrder::kRun;
  bool wait_for_quiet =
      false;  // stop only once no connection is established on its port (or drain is over)
  friend bool operator==(const DesiredWorker&, const DesiredWorker&) = default;
};

struct DesiredSet {
  Stamp stamp;
  std::vector<DesiredWorker> workers;
  std::map<ReleaseId, WorkerSpec> specs;  // one for each release that `workers` names
  friend bool operator==(const DesiredSet&, const DesiredSet&) = default;
};

struct HostSample {
  std::optional<double> cpu_usage;  // 0 to 1 over all cores, since the last sample
  std::optional<double> load_1m;
  std::optional<std::uint64_t> memory_bytes, memory_available_bytes;
  std::optional<std::uint64_t> net_received_bytes, net_sent_bytes;  // since boot
  std::optional<std::uint64_t> disk_read_bytes, disk_written_bytes;
  std::optional<double> cpu_pressure, memory_pressure, io_pressure;  // PSI "some" avg10, 0 to 1
  friend bool operator==(const HostSample&, const HostSample&) = default;
};

struct WorkerSample {
  WorkerId id;
  std::optional<double> cpu_cores;  // cores in use since the last sample
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> read_bytes, written_bytes;
  std::optional<std::uint32_t> threads, open_files;
  // Of its spec's, as far as the worker told them since the last sample; under `metric_key`.
  std::map<std::string, double> metrics;
  friend bool operator==(const WorkerSample&, const WorkerSample&) = default;
};

struct NodeSample {
  HostSample host;
  std::vector<WorkerSample> workers;
  std::uint64_t parse_errors = 0;  // /proc entries that could not be read as expected, since start
  friend bool operator==(const NodeSample&, const NodeSample&) = default;
};

// ---- balancers ----

enum class EndpointState : std::uint8_t {
  kActive = 1,
  kDraining = 2,  // takes no new request
  kGone = 3,      // forget it; its address may be reused once this is acknowledged
};

struct Endpoint {
  WorkerId id;
  Address address;
  EndpointState state = EndpointState::kActive;
  std::optional<std::chrono::milliseconds> start_time;  // from its start until it was ready
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Endpoints speak TLS. Files are those of the balancer's host.
struct UpstreamTls {
  std::string ca;           // PEM; empty: the authorities that the host trusts
  std::string server_name;  // empty: the host by which the endpoint is known
  bool verify = true;
  friend bool operator==(const UpstreamTls&, const UpstreamTls&) = default;
};

struct HeaderField {
  std::string name, value;
  friend bool operator==(const HeaderField&, const HeaderField&) = default;
};

// What is changed of a head on its way. `remove` first, then `set` in place of every field of that
// name.
struct HeadChanges {
  std::string strip_prefix, add_prefix;  // of the path; of requests only
  std::vector<std::string> remove;
  std::vector<HeaderField> set;
  bool empty() const {
    return strip_prefix.empty() && add_prefix.empty() && remove.empty() && set.empty();
  }
  friend bool operator==(const HeadChanges&, const HeadChanges&) = default;
};

// What of a request tells to whom it belongs.
struct KeySource {
  enum class Kind : std::uint8_t { kNone = 0, kHeader = 1, kCookie = 2, kAddress = 3 };
  Kind kind = Kind::kNone;
  std::string name;  // of the header or cookie
  friend bool operator==(const KeySource&, const KeySource&) = default;
};

// How a balancer finds out by itself whether an endpoint can take requests.
struct ReadyProbe {
  ProbeSpec::Kind kind = ProbeSpec::Kind::kTcp;
  std::string path = "/";  // kHttp: answers 200 to 399 are good
  std::chrono::milliseconds interval{5'000}, timeout{2'000};
  std::uint32_t healthy = 2, unhealthy = 3;  // so many alike in a row change its state
  friend bool operator==(const ReadyProbe&, const ReadyProbe&) = default;
};

struct TrafficPolicy {
  enum class Balance : std::uint8_t {
    kLeastLoad = 1,
    kRoundRobin = 2,
    kHash = 3,
    kPrefixAffinity = 4
  };
  enum class QueueOrder : std::uint8_t { kFifo = 1, kFair = 2 };
  Balance balance = Balance::kLeastLoad;
  KeySource balance_key;  // of kHash
  QueueOrder queue_order = QueueOrder::kFifo;
  KeySource queue_key;  // of kFair
  std::optional<ReadyProbe> ready_probe;
  bool eject = true;  // endpoints that fail, or are far slower than the others, rest
  std::optional<std::uint32_t> hard_capacity;  // requests in flight per worker, never exceeded
  std::optional<std::uint32_t>
      soft_capacity;               // above ready workers times this, a report goes at once
  std::uint32_t queue_max = 1000;  // requests held at once
  std::chrono::milliseconds queue_wait{30'000};
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds response_timeout{
      60'000};  // from the request's last byte to the response's head
  std::chrono::milliseconds idle_timeout{60'000};       // between two reads of a body
  std::chrono::milliseconds total_timeout{0};           // from arrival to the last byte; 0: none
  std::chrono::milliseconds tunnel_timeout{3'600'000};  // without a byte, after an upgrade
  std::uint32_t retries = 1;          // further workers that a repeatable request may be sent to
  double retry_budget = 0.2;          // retries as a share of requests
  std::uint64_t body_max_bytes = 0;   // of a request; 0: any
  std::uint32_t body_look_bytes = 0;  // of a body to be there before a worker is chosen
  bool https_only = false;            // plain requests are sent to https
  std::vector<std::string> allow;     // address ranges that may ask; empty: all
  HeadChanges request, response;
  std::optional<UpstreamTls> tls;  // absent: plain HTTP
  friend bool operator==(const TrafficPolicy&, const TrafficPolicy&) = default;
};

struct ServiceTable {
  Stamp stamp;
  ServiceId service;
  std::vector<Endpoint> endpoints;
  TrafficPolicy policy;
  bool removed = false;  // the service left the cluster file: held gets 503, in flight drains
  friend bool operator==(const ServiceTable&, const ServiceTable&) = default;
};

struct Match {
  ServiceId service;
  std::string host;                       // exact, or "*.example.org"; empty: any
  std::string path_prefix;                // empty: any
  std::string header_name, header_value;  // empty name: none asked for
  friend bool operator==(const Match&, const Match&) = default;
};

struct MatchTable {
  Stamp stamp;
  std::vector<Match> matches;
  friend bool operator==(const MatchTable&, const MatchTable&) = default;
};

struct TableAck {
  std::optional<ServiceId> service;  // absent: the match table
  Stamp applied;                     // what the balancer now holds
  bool accepted = true;              // false: a newer table was refused, `reason` says why
  std::string reason;
  friend bool operator==(const TableAck&, const TableAck&) = default;
};

struct EndpointTraffic {
  WorkerId id;
  std::uint32_t in_flight = 0;
  std::uint64_t completed_total = 0, failed_total = 0;
  double busy_seconds_total = 0.0;  // integral of in-flight over time
  friend bool operator==(const EndpointTraffic&, const EndpointTraffic&) = default;
};

// How many requests took how long: DurationCounts' buckets (common/metrics/duration_counts.hpp)
// from the first that has any; those behind the last are empty too.
struct Durations {
  std::uint32_t first = 0;
  std::vector<std::uint64_t> counts;
  friend bool operator==(const Durations&, const Durations&) = default;
};

// `arrivals` counts each client request once, when it arrives. `busy_seconds` integrates the
// requests in service (dispatch to last byte), so busy_seconds per completed request is the mean
// service time; waiting in the hold queue is not service.
struct ServiceTraffic {
  ServiceId service;
  std::uint64_t arrivals_total = 0;
  std::uint64_t completed_total = 0;  // answered by a worker, whatever the status
  std::uint64_t failed_total = 0;     // answered 502 or 504 by the balancer, or cut
  std::uint64_t refused_total =
      0;                         // answered 503: queue full, waited too long, nothing to wait for
  std::uint64_t held_total = 0;  // had to wait
  std::optional<std::uint64_t> refused_held_total;  // had to wait and were refused: in both
  double held_seconds_total = 0.0;
  double busy_seconds_total = 0.0;
  std::uint32_t in_flight = 0, held = 0;
  std::uint64_t oldest_held_ms = 0;
  std::optional<Stamp> applied;  // the table in force when this was counted: zero in flight on an
                                 // endpoint that this table drains is final
  // From arrival to the answer's last byte, of requests that a worker answered or was too slow for.
  std::optional<Durations> durations;
  std::vector<EndpointTraffic> endpoints;
  friend bool operator==(const ServiceTraffic&, const ServiceTraffic&) = default;
};

struct TrafficReport {
  std::uint64_t at_ms =
      0;  // sender's monotonic clock, for rates between two of its own reports only
  std::vector<ServiceTraffic> services;
  friend bool operator==(const TrafficReport&, const TrafficReport&) = default;
};

using Body = std::variant<Hello, Welcome, Refusal, Enrol, Enrolled, NodeReport, DesiredSet,
                          NodeSample, ServiceTable, MatchTable, TableAck, TrafficReport>;

// `session` is drawn by the sender at its start and `sequence` grows by one a message, so that a
// receiver can tell a reconnect from a restart and drop what arrives out of order.
struct Envelope {
  std::uint64_t epoch = 0;  // highest the sender knows
  std::uint64_t revision = 0;
  std::string session;
  std::uint64_t sequence = 0;
  std::int64_t sent_at_ms = 0;  // sender's wall clock, for display
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

struct Message {
  Envelope envelope;
  Body body;
  friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace foretide::wire
