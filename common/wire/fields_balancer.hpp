// The keys of what balancers and coordinator say to each other; see `fields_session.hpp` for the
// rules.
#pragma once

#include "common/wire/fields_session.hpp"

namespace foretide::wire {

void fields(auto& f, Like<Endpoint> auto& m) {
  f.required("i", m.id);
  f.required("a", m.address);
  f.required("s", m.state);
  f.optional("st", m.start_time);
}

void fields(auto& f, Like<HeaderField> auto& m) {
  f.required("n", m.name);
  f.required("v", m.value);
}

void fields(auto& f, Like<HeadChanges> auto& m) {
  f.defaulted("sp", m.strip_prefix);
  f.defaulted("ap", m.add_prefix);
  f.defaulted("r", m.remove);
  f.defaulted("s", m.set);
}

void fields(auto& f, Like<KeySource> auto& m) {
  f.required("k", m.kind);
  f.defaulted("n", m.name);
}

void fields(auto& f, Like<ReadyProbe> auto& m) {
  f.required("k", m.kind);
  f.required("p", m.path);
  f.required("i", m.interval);
  f.required("t", m.timeout);
  f.required("h", m.healthy);
  f.required("u", m.unhealthy);
}

void fields(auto& f, Like<UpstreamTls> auto& m) {
  f.defaulted("c", m.ca);
  f.defaulted("n", m.server_name);
  f.required("v", m.verify);
}

void fields(auto& f, Like<TrafficPolicy> auto& m) {
  f.required("b", m.balance);
  f.optional("h", m.hard_capacity);
  f.optional("s", m.soft_capacity);
  f.required("q", m.queue_max);
  f.required("w", m.queue_wait);
  f.required("c", m.connect_timeout);
  f.required("r", m.response_timeout);
  f.required("i", m.idle_timeout);
  const TrafficPolicy otherwise;
  f.defaulted("t", m.total_timeout);
  f.defaulted("tt", m.tunnel_timeout, otherwise.tunnel_timeout);
  f.defaulted("rn", m.retries, otherwise.retries);
  f.defaulted("rb", m.retry_budget, otherwise.retry_budget);
  f.defaulted("bm", m.body_max_bytes);
  f.defaulted("bl", m.body_look_bytes);
  f.defaulted("ho", m.https_only);
  f.defaulted("al", m.allow);
  f.defaulted("rq", m.request);
  f.defaulted("rs", m.response);
  f.defaulted("bk", m.balance_key);
  f.defaulted("qo", m.queue_order, otherwise.queue_order);
  f.defaulted("qk", m.queue_key);
  f.optional("rp", m.ready_probe);
  f.defaulted("ej", m.eject, otherwise.eject);
  f.optional("tl", m.tls);
}

void fields(auto& f, Like<ServiceTable> auto& m) {
  f.required("t", m.stamp);
  f.required("s", m.service);
  f.required("e", m.endpoints);
  f.required("p", m.policy);
  f.defaulted("x", m.removed);
}

void fields(auto& f, Like<Match> auto& m) {
  f.required("s", m.service);
  f.defaulted("h", m.host);
  f.defaulted("p", m.path_prefix);
  f.defaulted("n", m.header_name);
  f.defaulted("v", m.header_value);
}

void fields(auto& f, Like<MatchTable> auto& m) {
  f.required("t", m.stamp);
  f.required("m", m.matches);
}

void fields(auto& f, Like<TableAck> auto& m) {
  f.optional("s", m.service);
  f.required("t", m.applied);
  f.required("k", m.accepted);
  f.defaulted("x", m.reason);
}

void fields(auto& f, Like<EndpointTraffic> auto& m) {
  f.required("i", m.id);
  f.required("n", m.in_flight);
  f.required("c", m.completed_total);
  f.required("f", m.failed_total);
  f.required("b", m.busy_seconds_total);
}

void fields(auto& f, Like<Durations> auto& m) {
  f.required("f", m.first);
  f.required("c", m.counts);
}

void fields(auto& f, Like<ServiceTraffic> auto& m) {
  f.required("s", m.service);
  f.required("a", m.arrivals_total);
  f.required("c", m.completed_total);
  f.required("f", m.failed_total);
  f.required("r", m.refused_total);
  f.required("ht", m.held_total);
  f.required("hs", m.held_seconds_total);
  f.required("b", m.busy_seconds_total);
  f.required("n", m.in_flight);
  f.required("h", m.held);
  f.required("o", m.oldest_held_ms);
  f.optional("t", m.applied);
  f.optional("d", m.durations);
  f.optional("rh", m.refused_held_total);
  f.required("e", m.endpoints);
}

void fields(auto& f, Like<TrafficReport> auto& m) {
  f.required("t", m.at_ms);
  f.required("s", m.services);
}

}  // namespace foretide::wire
