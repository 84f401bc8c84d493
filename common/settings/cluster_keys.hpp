// Every key that a settings file may hold, map by map: the ones that work, and the ones that belong
// to the product's contract but are refused by name until their feature is built. The readers take
// their keys from here, and docs/cluster-file.md is tested against it, so that none of the three
// can drift from the others.
#pragma once

#include <vector>

#include "common/settings/schema.hpp"

namespace foretide::settings::keys {

inline const Keys kTop{"cluster.yaml",
                       "the cluster file",
                       {"version", "cluster", "listen", "services", "observe"},
                       {"auth", "store", "nodes", "node_pools"}};
inline const Keys kListen{
    "listen",
    "'listen'",
    {"traffic", "tls", "admin", "balancer_admin", "control", "telemetry", "trusted_proxies",
     "proxy_protocol", "connections", "connections_per_client", "memory_max", "head_timeout",
     "idle_timeout", "half_closed", "ready_path", "lame_duck", "drain", "moving_address"},
    {}};
inline const Keys kObserve{"observe", "'observe'", {"access_log"}, {}};
inline const Keys kAccessLog{"observe.access_log", "'access_log'", {"format", "file"}, {}};
inline const Keys kTls{
    "listen.tls", "'tls'", {"addresses", "certificates", "min_version", "clients", "http2"}, {}};
inline const Keys kCertificate{
    "listen.tls.certificates", "a certificate", {"certificate", "key"}, {}};
inline const Keys kTlsClients{"listen.tls.clients", "'clients'", {"ca", "required"}, {}};
inline const Keys kService{
    "services.NAME",
    "a service",
    {"match",    "command", "env",        "workdir", "user",      "engine",   "needs", "capacity",
     "scale",    "queue",   "balance",    "probe",   "stop",      "timeouts", "retry", "request",
     "response", "allow",   "https_only", "eject",   "upstreams", "tls"},
    {"priority", "place", "update", "logs"}};
inline const Keys kMatch{
    "services.NAME.match", "'match'", {"host", "path_prefix", "header"}, {"model"}};
inline const Keys kHeader{"services.NAME.match.header", "'header'", {"name", "value"}, {}};
inline const Keys kNeeds{
    "services.NAME.needs", "'needs'", {"cpus", "memory"}, {"gpus", "gpu_memory"}};
inline const Keys kCapacity{"services.NAME.capacity", "'capacity'", {"soft", "hard"}, {"strict"}};
inline const Keys kScale{
    "services.NAME.scale",
    "'scale'",
    {"min", "max", "shortage", "idle", "predict", "up", "down", "schedule", "signals"},
    {"vertical"}};
inline const Keys kSchedule{"services.NAME.scale.schedule",
                            "a window of 'schedule'",
                            {"from", "to", "for", "zone", "min"},
                            {}};
inline const Keys kSignals{"services.NAME.scale.signals",
                           "a signal",
                           {"latency", "below", "cpu", "memory", "of", "requests", "queue", "field",
                            "per_worker", "every", "metric", "path", "take", "rate", "name"},
                           {}};
inline const Keys kUp{"services.NAME.scale.up", "'up'", {"max_step", "cooldown"}, {}};
inline const Keys kDown{
    "services.NAME.scale.down", "'down'", {"max_step", "cooldown", "window"}, {}};
inline const Keys kQueue{"services.NAME.queue", "'queue'", {"max", "wait", "order", "key"}, {}};
inline const Keys kBalance{"services.NAME.balance", "'balance'", {"policy", "key"}, {}};
inline const Keys kProbe{"services.NAME.probe", "'probe'", {"start", "ready"}, {"live"}};
inline const Keys kProbeStart{
    "services.NAME.probe.start", "'start'", {"http", "tcp", "timeout"}, {}};
inline const Keys kProbeReady{"services.NAME.probe.ready",
                              "'ready'",
                              {"http", "tcp", "interval", "timeout", "healthy", "unhealthy"},
                              {}};
inline const Keys kStop{"services.NAME.stop", "'stop'", {"drain", "signal", "grace"}, {}};
inline const Keys kTimeouts{
    "services.NAME.timeouts", "'timeouts'", {"connect", "response", "idle", "total", "tunnel"}, {}};
inline const Keys kUpstreamTls{"services.NAME.tls", "'tls'", {"ca", "server_name", "verify"}, {}};
inline const Keys kRetry{"services.NAME.retry", "'retry'", {"attempts", "budget"}, {}};
inline const Keys kRequest{"services.NAME.request",
                           "'request'",
                           {"body_max", "strip_prefix", "add_prefix", "set", "remove"},
                           {}};
inline const Keys kResponse{"services.NAME.response", "'response'", {"set", "remove"}, {}};

// All maps of a cluster file but `services` and `env`, whose keys are names.
inline std::vector<const Keys*> of_cluster_file() {
  return {&kTop,     &kListen, &kObserve,  &kAccessLog,   &kTls,      &kCertificate, &kTlsClients,
          &kService, &kMatch,  &kHeader,   &kNeeds,       &kCapacity, &kScale,       &kSchedule,
          &kSignals, &kUp,     &kDown,     &kQueue,       &kProbe,    &kProbeStart,  &kProbeReady,
          &kBalance, &kStop,   &kTimeouts, &kUpstreamTls, &kRetry,    &kRequest,     &kResponse};
}

inline const Keys kAgent{"agent.yaml",
                         "the agent's file",
                         {"coordinator", "name", "key_file", "state", "address", "ports", "user"},
                         {}};
inline const Keys kBalancer{
    "balancer.yaml",
    "the balancer's file",
    {"coordinator", "name", "key_file", "state", "listen", "threads", "observe"},
    {}};
inline const Keys kCoordinator{"coordinator", "'coordinator'", {"control", "telemetry", "key"}, {}};
inline const Keys kBalancerListen{
    "balancer.yaml: listen",
    "'listen'",
    {"traffic", "tls", "balancer_admin", "trusted_proxies", "proxy_protocol", "connections",
     "connections_per_client", "memory_max", "head_timeout", "idle_timeout", "half_closed",
     "ready_path", "lame_duck", "drain", "moving_address"},
    {}};

// All maps of agent.yaml and balancer.yaml.
inline std::vector<const Keys*> of_node_files() {
  return {&kAgent, &kBalancer, &kCoordinator, &kBalancerListen};
}

}  // namespace foretide::settings::keys
