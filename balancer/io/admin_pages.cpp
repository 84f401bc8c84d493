#include "balancer/io/admin_pages.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace foretide::balancer {
namespace {

using nlohmann::json;

constexpr const char* kText = "text/plain; charset=utf-8";

const char* name_of(wire::EndpointState state) {
  switch (state) {
    case wire::EndpointState::kActive:
      return "active";
    case wire::EndpointState::kDraining:
      return "draining";
    default:
      return "gone";
  }
}

const wire::EndpointTraffic* traffic_of(const wire::ServiceTraffic* service, const WorkerId& id) {
  if (service == nullptr) return nullptr;
  for (const auto& endpoint : service->endpoints) {
    if (endpoint.id == id) return &endpoint;
  }
  return nullptr;
}

json service_page(const wire::ServiceTable& table, const wire::ServiceTraffic* traffic) {
  json page{{"name", table.service.text},
            {"stamp", {{"epoch", table.stamp.epoch}, {"revision", table.stamp.revision}}},
            {"removed", table.removed},
            {"endpoints", json::array()}};
  if (traffic != nullptr) {
    page.update({{"arrivals_total", traffic->arrivals_total},
                 {"completed_total", traffic->completed_total},
                 {"failed_total", traffic->failed_total},
                 {"refused_total", traffic->refused_total},
                 {"held_total", traffic->held_total},
                 {"in_flight", traffic->in_flight},
                 {"held", traffic->held},
                 {"oldest_held_ms", traffic->oldest_held_ms},
                 {"busy_seconds_total", traffic->busy_seconds_total},
                 {"held_seconds_total", traffic->held_seconds_total}});
  }
  for (const auto& entry : table.endpoints) {
    json endpoint{
        {"id", entry.id.text}, {"address", entry.address.text()}, {"state", name_of(entry.state)}};
    if (const auto* counts = traffic_of(traffic, entry.id)) {
      endpoint.update({{"in_flight", counts->in_flight},
                       {"completed_total", counts->completed_total},
                       {"failed_total", counts->failed_total}});
    }
    page["endpoints"].push_back(std::move(endpoint));
  }
  return page;
}

AdminResponse status_page(const AdminView& view) {
  json page{{"name", view.name},
            {"version", view.version},
            {"mode", view.standalone ? "standalone" : "cluster"},
            {"coordinator_connected", view.coordinator_connected},
            {"draining", view.draining},
            {"uptime_s", view.uptime_seconds},
            {"connections_open", view.traffic.connections.open},
            {"connections_total", view.traffic.connections.accepted_total},
            {"services", json::array()}};
  for (const auto& [id, table] : view.held.services()) {
    const auto same = [&id = id](const wire::ServiceTraffic& traffic) {
      return traffic.service == id;
    };
    const auto& all = view.traffic.services;
    const auto found = std::find_if(all.begin(), all.end(), same);
    page["services"].push_back(service_page(table, found == all.end() ? nullptr : &*found));
  }
  AdminResponse response;
  response.body = page.dump() + "\n";
  return response;
}

// Prometheus text, one family after the other.
class Exposition {
 public:
  void family(const char* name, const char* type, const char* help) {
    name_ = name;
    text_ += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }
  void sample(const std::string& labels, double value) {
    text_ += name_;
    if (!labels.empty()) text_ += "{" + labels + "}";
    text_ += " " + json(value).dump() + "\n";
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_, text_;
};

AdminResponse metrics_page(const AdminView& view) {
  Exposition out;
  const auto each_service = [&](const char* name, const char* type, const char* help, auto value) {
    out.family(name, type, help);
    for (const auto& service : view.traffic.services) {
      out.sample("service=\"" + service.service.text + "\"", static_cast<double>(value(service)));
    }
  };
  using Service = wire::ServiceTraffic;
  each_service("foretide_balancer_arrivals_total", "counter", "Client requests that arrived.",
               [](const Service& service) { return service.arrivals_total; });
  out.family("foretide_balancer_requests_total", "counter", "Client requests by how they ended.");
  for (const auto& service : view.traffic.services) {
    const std::string label = "service=\"" + service.service.text + "\",outcome=\"";
    out.sample(label + "completed\"", static_cast<double>(service.completed_total));
    out.sample(label + "failed\"", static_cast<double>(service.failed_total));
    out.sample(label + "refused\"", static_cast<double>(service.refused_total));
  }
  each_service("foretide_balancer_in_flight", "gauge", "Requests that a worker has.",
               [](const Service& service) { return service.in_flight; });
  each_service("foretide_balancer_held", "gauge", "Requests that wait for a worker.",
               [](const Service& service) { return service.held; });
  each_service("foretide_balancer_held_total", "counter", "Requests that had to wait.",
               [](const Service& service) { return service.held_total; });
  each_service("foretide_balancer_held_seconds_total", "counter", "Time that requests waited.",
               [](const Service& service) { return service.held_seconds_total; });
  each_service("foretide_balancer_busy_seconds_total", "counter",
               "Time from dispatch to last byte, summed over requests.",
               [](const Service& service) { return service.busy_seconds_total; });
  out.family("foretide_balancer_retries_total", "counter",
             "Requests sent to another worker after one had failed.");
  for (const auto& [id, sight] : view.traffic.sights) {
    out.sample("service=\"" + id.text + "\"", static_cast<double>(sight.retries_total));
  }
  out.family("foretide_balancer_endpoints", "gauge",
             "Endpoints known; out: one refuses connections, fails its probe, or was sent away.");
  for (const auto& [id, sight] : view.traffic.sights) {
    const auto count = [&sight = sight](Sight wanted) {
      return static_cast<double>(
          std::count_if(sight.endpoints.begin(), sight.endpoints.end(),
                        [wanted](const auto& endpoint) { return endpoint.second == wanted; }));
    };
    const std::string label = "service=\"" + id.text + "\",state=\"";
    out.sample(label + "open\"", count(Sight::kOpen));
    out.sample(label + "out\"", count(Sight::kOut));
    out.sample(label + "draining\"", count(Sight::kDraining));
  }
  const auto& connections = view.traffic.connections;
  out.family("foretide_balancer_connections", "gauge", "Client connections that are open.");
  out.sample("", connections.open);
  out.family("foretide_balancer_connections_total", "counter", "Client connections accepted.");
  out.sample("", static_cast<double>(connections.accepted_total));
  out.family("foretide_balancer_bad_requests_total", "counter",
             "Requests refused for what they were.");
  out.sample("", static_cast<double>(connections.refused_requests_total));
  out.family("foretide_balancer_unmatched_requests_total", "counter",
             "Requests that no service matched.");
  out.sample("", static_cast<double>(connections.unmatched_total));
  out.family("foretide_balancer_connections_rejected_total", "counter",
             "Client connections closed as they came: too many of one client, or no PROXY header.");
  out.sample("", static_cast<double>(connections.rejected_total));
  out.family("foretide_balancer_connections_closed_idle_total", "counter",
             "Idle client connections closed to make room for others.");
  out.sample("", static_cast<double>(connections.closed_idle_total));
  out.family("foretide_balancer_shed_requests_total", "counter",
             "Requests refused because the balancer had none left of what they need.");
  out.sample("reason=\"sockets\"", static_cast<double>(connections.shed_for_sockets_total));
  out.sample("reason=\"memory\"", static_cast<double>(connections.shed_for_memory_total));
  out.family("foretide_balancer_access_log_dropped_total", "counter",
             "Lines of the access log that were lost.");
  out.sample("", static_cast<double>(view.access_log_dropped));
  out.family("foretide_balancer_abandoned_total", "counter",
             "Requests whose client went away before the answer's end.");
  out.sample("", static_cast<double>(connections.abandoned_total));
  out.family("foretide_balancer_tls_handshakes_total", "counter",
             "TLS handshakes with clients by how they ended.");
  out.sample("outcome=\"full\"", static_cast<double>(connections.tls_full_total));
  out.sample("outcome=\"resumed\"", static_cast<double>(connections.tls_resumed_total));
  out.sample("outcome=\"failed\"", static_cast<double>(connections.tls_failed_total));
  out.family("foretide_balancer_http2_connections_total", "counter",
             "Client connections on which HTTP/2 was spoken.");
  out.sample("", static_cast<double>(connections.http2_total));
  out.family("foretide_balancer_http2_floods_total", "counter",
             "HTTP/2 connections ended for too many resets or idle frames.");
  out.sample("", static_cast<double>(connections.http2_calmed_total));
  out.family("foretide_balancer_coordinator_connected", "gauge",
             "1 while the coordinator answers.");
  out.sample("", view.coordinator_connected ? 1.0 : 0.0);

  AdminResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = out.take();
  return response;
}

AdminResponse text_page(int status, std::string text) {
  AdminResponse response;
  response.status = status;
  response.content_type = kText;
  response.body = std::move(text) + "\n";
  return response;
}

}  // namespace

AdminResponse answer_admin(const AdminRequest& request, const AdminView& view) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool known = request.path == "/healthz" || request.path == "/readyz" ||
                     request.path == "/metrics" || request.path == "/v1/status" ||
                     request.path == "/leaving";
  if (!known) return text_page(404, "not found");
  if (!reads) return text_page(405, "only GET is answered here");
  if (request.path == "/healthz") return text_page(200, "ok");
  if (request.path == "/metrics") return metrics_page(view);
  if (request.path == "/v1/status") return status_page(view);
  if (request.path == "/leaving") {
    if (view.busy_leaving) return text_page(200, "going away, and clients are connected");
    return text_page(503, view.draining ? "nobody is connected" : "not going away");
  }
  if (view.draining) return text_page(503, "ending");
  if (!view.held.matches()) return text_page(503, "no routing table has been received yet");
  return text_page(200, "ready");
}

}  // namespace foretide::balancer
