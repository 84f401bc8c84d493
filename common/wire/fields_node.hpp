// The keys of what agents and coordinator say to each other; see `fields_session.hpp` for the
// rules.
#pragma once

#include "common/wire/fields_session.hpp"

namespace foretide::wire {

void fields(auto& f, Like<Exit> auto& m) {
  f.optional("c", m.code);
  f.optional("s", m.signal);
}

void fields(auto& f, Like<WorkerReport> auto& m) {
  f.required("i", m.id);
  f.required("s", m.service);
  f.required("r", m.release);
  f.required("p", m.phase);
  f.required("a", m.address);
  f.required("d", m.pid);
  f.optional("t", m.start_ms);
  f.required("g", m.phase_age_ms);
  f.required("f", m.failures);
  f.optional("e", m.last_exit);
  f.defaulted("x", m.reason);
  f.defaulted("o", m.last_output);
}

void fields(auto& f, Like<NodeReport> auto& m) {
  f.required("s", m.applied);
  f.required("w", m.workers);
  f.defaulted("m", m.missing);
}

void fields(auto& f, Like<DesiredWorker> auto& m) {
  f.required("i", m.id);
  f.required("s", m.service);
  f.required("r", m.release);
  f.required("o", m.order);
  f.defaulted("q", m.wait_for_quiet);
}

void fields(auto& f, Like<Needs> auto& m) {
  f.required("c", m.cpus);
  f.required("m", m.memory_bytes);
}

void fields(auto& f, Like<ProbeSpec> auto& m) {
  f.required("k", m.kind);
  f.required("p", m.path);
  f.required("t", m.timeout);
}

void fields(auto& f, Like<StopSpec> auto& m) {
  f.required("d", m.drain);
  f.required("s", m.signal);
  f.required("g", m.grace);
}

void fields(auto& f, Like<WorkerMetric> auto& m) {
  f.required("n", m.selector.name);
  f.defaulted("l", m.selector.labels);
  f.defaulted("p", m.path, std::string("/metrics"));
  f.defaulted("r", m.rate);
}

void fields(auto& f, Like<WorkerSpec> auto& m) {
  f.required("a", m.argv);
  f.defaulted("e", m.env);
  f.defaulted("w", m.workdir);
  f.defaulted("u", m.user);
  f.required("n", m.needs);
  f.required("p", m.start);
  f.required("s", m.stop);
  f.defaulted("m", m.metrics);
}

void fields(auto& f, Like<DesiredSet> auto& m) {
  f.required("s", m.stamp);
  f.required("w", m.workers);
  f.required("r", m.specs);
}

void fields(auto& f, Like<HostSample> auto& m) {
  f.optional("c", m.cpu_usage);
  f.optional("l", m.load_1m);
  f.optional("m", m.memory_bytes);
  f.optional("a", m.memory_available_bytes);
  f.optional("nr", m.net_received_bytes);
  f.optional("ns", m.net_sent_bytes);
  f.optional("dr", m.disk_read_bytes);
  f.optional("dw", m.disk_written_bytes);
  f.optional("pc", m.cpu_pressure);
  f.optional("pm", m.memory_pressure);
  f.optional("pi", m.io_pressure);
}

void fields(auto& f, Like<WorkerSample> auto& m) {
  f.required("i", m.id);
  f.optional("c", m.cpu_cores);
  f.optional("m", m.resident_bytes);
  f.optional("r", m.read_bytes);
  f.optional("w", m.written_bytes);
  f.optional("t", m.threads);
  f.optional("f", m.open_files);
  f.defaulted("x", m.metrics);
}

void fields(auto& f, Like<NodeSample> auto& m) {
  f.required("h", m.host);
  f.required("w", m.workers);
  f.required("e", m.parse_errors);
}

}  // namespace foretide::wire
