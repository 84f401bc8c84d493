// One filled message of every type, by name; the golden files in tests/fixtures/wire hold their
// bytes.
#pragma once

#include <map>
#include <string>

#include "common/wire/messages.hpp"

namespace foretide::wire {

inline Envelope sample_envelope() {
  return {.epoch = 7,
          .revision = 42,
          .session = "c0ffee01",
          .sequence = 1234567890123,
          .sent_at_ms = 1'700'000'000'123};
}

inline NodeReport sample_node_report() {
  WorkerReport ready{.id = {"web-7-1"},
                     .service = {"web"},
                     .release = {"0123456789ab"},
                     .phase = WorkerPhase::kReady,
                     .address = {"10.0.0.7", 20000},
                     .pid = 4242,
                     .start_ms = 350,
                     .phase_age_ms = 90'000};
  WorkerReport failing{.id = {"web-7-2"},
                       .service = {"web"},
                       .release = {"0123456789ab"},
                       .phase = WorkerPhase::kBackingOff,
                       .address = {"fe80::1", 20001},
                       .failures = 3,
                       .last_exit = Exit{.code = 1},
                       .reason = "it ended with status 1",
                       .last_output = {"cannot open model.gguf", "bye \xC3\xA9"}};
  return {.applied = {7, 41}, .workers = {ready, failing}, .missing = {{"old-6-9"}}};
}

inline DesiredSet sample_desired_set() {
  WorkerSpec spec{.argv = {"./server", "--port", "{port}"},
                  .env = {{"API_KEY", "${file:/etc/key}"}, {"HOME", "/srv"}},
                  .workdir = "/srv/web",
                  .user = "www",
                  .needs = {.cpus = 1.5, .memory_bytes = 1ULL << 33},
                  .start = {.kind = ProbeSpec::Kind::kHttp, .path = "/health"},
                  .stop = {.signal = 2}};
  return {.stamp = {7, 42},
          .workers = {{.id = {"web-7-1"}, .service = {"web"}, .release = {"0123456789ab"}},
                      {.id = {"web-7-2"},
                       .service = {"web"},
                       .release = {"0123456789ab"},
                       .order = WorkerOrder::kStop,
                       .wait_for_quiet = true}},
          .specs = {{{"0123456789ab"}, spec}}};
}

inline NodeSample sample_node_sample() {
  NodeSample sample;
  sample.host = {.cpu_usage = 0.25,
                 .load_1m = 1.5,
                 .memory_bytes = 1ULL << 34,
                 .memory_available_bytes = 1ULL << 33,
                 .net_received_bytes = 10,
                 .net_sent_bytes = 0};
  sample.workers = {{.id = {"web-7-1"}, .cpu_cores = 0.5, .resident_bytes = 12345678, .threads = 8},
                    {.id = {"web-7-2"}}};
  sample.parse_errors = 2;
  return sample;
}

// Of a service that is scaled by what its workers tell.
inline DesiredSet sample_metrics_set() {
  DesiredSet set = sample_desired_set();
  set.specs.begin()->second.metrics = {
      {.selector = {"vllm:num_requests_waiting", {}}},
      {.selector = {"jobs_total", {{"queue", "mail"}}}, .path = "/stats", .rate = true}};
  return set;
}

inline NodeSample sample_metrics_sample() {
  NodeSample sample = sample_node_sample();
  sample.workers[0].metrics = {{"rate of jobs_total{queue=\"mail\"} at /stats", 2.5},
                               {"vllm:num_requests_waiting", 7.0}};
  return sample;
}

inline ServiceTable sample_service_table() {
  return {
      .stamp = {7, 43},
      .service = {"web"},
      .endpoints =
          {{.id = {"web-7-1"}, .address = {"10.0.0.7", 20000}},
           {.id = {"web-7-2"}, .address = {"10.0.0.8", 20000}, .state = EndpointState::kDraining},
           {.id = {"web-6-9"}, .address = {"10.0.0.8", 20001}, .state = EndpointState::kGone}},
      .policy = {.balance = TrafficPolicy::Balance::kRoundRobin, .hard_capacity = 16}};
}

inline ServiceTable sample_tls_table() {
  ServiceTable table{
      .stamp = {7, 43}, .service = {"web"}, .endpoints = {{{"web-7-1"}, {"10.0.0.7", 20000}}}};
  table.policy.tls =
      UpstreamTls{.ca = "/etc/foretide/ca.pem", .server_name = "web.lan", .verify = true};
  return table;
}

// Every field that a policy may carry besides.
inline ServiceTable sample_full_policy() {
  ServiceTable table{.stamp = {7, 44}, .service = {"api"}};
  table.endpoints = {{.id = {"api-1"},
                      .address = {"10.0.0.7", 20002},
                      .start_time = std::chrono::milliseconds{1500}}};
  table.policy = {.soft_capacity = 8,
                  .total_timeout = std::chrono::minutes{5},
                  .tunnel_timeout = std::chrono::hours{2},
                  .retries = 0,
                  .retry_budget = 0.0,
                  .body_max_bytes = 10'000'000,
                  .body_look_bytes = 4096,
                  .https_only = true,
                  .allow = {"10.0.0.0/8"},
                  .request = {.strip_prefix = "/api",
                              .add_prefix = "/v1",
                              .remove = {"Cookie"},
                              .set = {{"X-From", "edge"}}},
                  .response = {.remove = {"Server"}}};
  return table;
}

// How endpoints are chosen, waited for and probed, all of it unlike the defaults.
inline ServiceTable sample_choosing_policy() {
  ServiceTable table{.stamp = {7, 45}, .service = {"chat"}};
  table.policy = {.balance = TrafficPolicy::Balance::kHash,
                  .balance_key = {KeySource::Kind::kHeader, "X-User"},
                  .queue_order = TrafficPolicy::QueueOrder::kFair,
                  .queue_key = {KeySource::Kind::kAddress, ""},
                  .ready_probe = ReadyProbe{.kind = ProbeSpec::Kind::kHttp,
                                            .path = "/up",
                                            .interval = std::chrono::seconds{1},
                                            .timeout = std::chrono::milliseconds{250},
                                            .healthy = 1,
                                            .unhealthy = 4},
                  .eject = false};
  return table;
}

inline TrafficReport sample_traffic_report() {
  ServiceTraffic web{.service = {"web"},
                     .arrivals_total = 1000,
                     .completed_total = 990,
                     .failed_total = 1,
                     .refused_total = 2,
                     .held_total = 20,
                     .held_seconds_total = 3.25,
                     .busy_seconds_total = 120.5,
                     .in_flight = 5,
                     .held = 2,
                     .oldest_held_ms = 150};
  web.endpoints = {{.id = {"web-7-1"},
                    .in_flight = 5,
                    .completed_total = 990,
                    .failed_total = 1,
                    .busy_seconds_total = 120.5}};
  return {.at_ms = 987654321, .services = {web, {.service = {"idle"}}}};
}

// As a balancer sends it that counts durations; `traffic_report` is one of before.
inline TrafficReport sample_durations_report() {
  TrafficReport report = sample_traffic_report();
  report.services[0].durations = Durations{.first = 12, .counts = {3, 0, 985, 70'000}};
  report.services[1].durations = Durations{};
  return report;
}

inline std::map<std::string, Message> sample_messages() {
  const Envelope e = sample_envelope();
  return {
      {"hello",
       {e, Hello{.role = Role::kAgent,
                 .name = "node-a",
                 .version = "0.1.0",
                 .boot_id = "5bf6",
                 .highest_epoch = 6,
                 .address = "10.0.0.7",
                 .cpus = 2.0,
                 .memory_bytes = 1ULL << 34}}},
      {"hello_balancer",
       {e, Hello{.role = Role::kBalancer,
                 .name = "edge",
                 .version = "0.1.0",
                 .traffic = {"0.0.0.0:8080", "[::]:8080"}}}},
      {"welcome", {e, Welcome{.name = "node-a", .epoch = 7}}},
      {"refusal", {e, Refusal{.reason = "this token was used before", .final = true}}},
      {"enrol",
       {e, Enrol{.role = Role::kBalancer,
                 .name = "edge",
                 .public_key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"}}},
      {"enrolled", {e, Enrolled{.name = "edge", .control = {"", 7401}, .telemetry = {"", 7402}}}},
      {"node_report", {e, sample_node_report()}},
      {"desired_set", {e, sample_desired_set()}},
      {"node_sample", {e, sample_node_sample()}},
      {"desired_set_metrics", {e, sample_metrics_set()}},
      {"node_sample_metrics", {e, sample_metrics_sample()}},
      {"service_table", {e, sample_service_table()}},
      {"service_table_tls", {e, sample_tls_table()}},
      {"service_table_policy", {e, sample_full_policy()}},
      {"service_table_choosing", {e, sample_choosing_policy()}},
      {"match_table",
       {e, MatchTable{.stamp = {7, 44},
                      .matches = {{.service = {"web"},
                                   .host = "*.example.org",
                                   .path_prefix = "/v1",
                                   .header_name = "X-Model",
                                   .header_value = "small"},
                                  {.service = {"rest"}}}}}},
      {"table_ack", {e, TableAck{.service = ServiceId{"web"}, .applied = {7, 43}}}},
      {"table_ack_refused",
       {e, TableAck{.applied = {7, 40}, .accepted = false, .reason = "two matches are the same"}}},
      {"traffic_report", {e, sample_traffic_report()}},
      {"traffic_report_durations", {e, sample_durations_report()}},
  };
}

}  // namespace foretide::wire
