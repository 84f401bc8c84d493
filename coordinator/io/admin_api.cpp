#include "coordinator/io/admin_api.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "common/settings/cluster_file.hpp"
#include "common/settings/numbers.hpp"
#include "coordinator/core/schedule.hpp"
#include "coordinator/core/text.hpp"
#include "coordinator/core/views.hpp"
#include "coordinator/io/admin_input.hpp"
#include "coordinator/io/api_json.hpp"
#include "coordinator/io/history_json.hpp"
#include "coordinator/io/moments_json.hpp"
#include "coordinator/io/preview_json.hpp"

namespace foretide::coordinator {
namespace {

// Bytes that are no UTF-8 (a worker's last output may hold anything) are replaced, never thrown at.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

AdminResponse ok(const Json& json) {
  return {200, "application/json", text_of(json), false};
}
AdminResponse refuse(int status, const std::string& sentence) {
  return {status, "application/json", text_of({{"error", sentence}}), false};
}

// What its schedule wants now, and when the next window begins; null without one.
Json schedule_json(const ServiceRecord& service, WallTime now) {
  if (!service.settings || service.settings->scale.schedule.empty()) return nullptr;
  const auto& schedule = service.settings->scale.schedule;
  const Opinion wants = scheduled_for(schedule, now, lead_time_for(service.start_times));
  const auto next = next_of(schedule, now);
  return {{"workers", wants.workers},
          {"reason", wants.reason},
          {"next_begin", next ? Json(iso_text(next->begins)) : Json(nullptr)}};
}

Duration seconds_of(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

AdminApi::AdminApi(const State& state, Store& store, Orders orders)
    : state_(state), store_(store), orders_(std::move(orders)) {}

std::span<const AdminApi::Route> AdminApi::routes() {
  static constexpr std::string_view kJson = "application/json", kText = "text/plain",
                                    kYaml = "application/yaml";
  static const Route table[] = {
      {{"GET", "/healthz", "Whether the program runs.", kJson, "", "", "", true},
       &AdminApi::healthz},
      {{"GET", "/readyz", "Whether it may be relied on: 503 and why while not.", kJson, "", "", "",
        true},
       &AdminApi::readyz},
      {{"GET", "/metrics", "Metrics in Prometheus text.", kText}, &AdminApi::metrics},
      {{"GET", "/openapi.json", "This description."}, &AdminApi::openapi},
      {{"GET", "/v1/status", "Everything at a glance."}, &AdminApi::status},
      {{"GET", "/v1/nodes", "The nodes."}, &AdminApi::nodes},
      {{"GET", "/v1/services", "The services, each with its workers."}, &AdminApi::services},
      {{"GET", "/v1/services/{name}",
        "One service, with its workers, and its signals with their present values.", kJson, "", "",
        "", false, "Service"},
       &AdminApi::service},
      {{"GET", "/v1/services/{name}/decisions",
        "Its decisions, newest first, each with its inputs and every rule's word.", kJson, "", "",
        "limit: how many, 20 when not given, at most 1000; before: those made at this time (RFC "
        "3339) or before; after: those made later than this time, oldest first"},
       &AdminApi::decisions},
      {{"GET", "/v1/services/{name}/forecast", "The forecast of its load.", kJson, "", "",
        "ahead: seconds ahead, its lead time when not given"},
       &AdminApi::forecast},
      {{"GET", "/v1/services/{name}/history", "Its recorded demand, oldest first.", kJson, "", "",
        "grain: second (an hour of them), minute (fifteen days; when not given) or hour (two "
        "years)"},
       &AdminApi::history},
      {{"GET", "/v1/services/{name}/moments",
        "What its decisions of the last 24 hours were made of, oldest first, for foretide simulate "
        "--replay: chunks of a minute, as base64url.",
        kJson, "", "",
        "after: the next of the answer before, until an answer has none (at most 240 come at "
        "once)"},
       &AdminApi::moments},
      {{"POST", "/v1/services/{name}/scale",
        "Hold this many workers, until it expires or a null count ends it.", kJson, kJson,
        R"({"count": 3, "for": "10m"})"},
       &AdminApi::scale},
      {{"POST", "/v1/services/{name}/pause",
        "From now on only a count given by hand changes how many workers there are, or with "
        "direction down makes them fewer.",
        kJson, kJson, R"({"direction": "down", "for": "2h"})"},
       &AdminApi::pause},
      {{"POST", "/v1/services/{name}/resume", "The rules decide again."}, &AdminApi::resume},
      {{"POST", "/v1/nodes/{name}/drain",
        "Replaces its workers on other nodes and gives it no new one, until false ends that.",
        kJson, kJson, R"({"draining": true})"},
       &AdminApi::drain},
      {{"DELETE", "/v1/nodes/{name}",
        "Revokes its key: it is gone for good, and its workers are replaced on other nodes."},
       &AdminApi::remove_node},
      {{"DELETE", "/v1/balancers/{name}", "Revokes its key: nobody waits for it any more."},
       &AdminApi::remove_balancer},
      {{"GET", "/v1/workers", "The workers of all services."}, &AdminApi::workers},
      {{"GET", "/v1/events",
        "The latest notices; with Accept: text/event-stream, decisions and notices as they come."},
       &AdminApi::events},
      {{"POST", "/v1/plan",
        "What a cluster file would change, were it reloaded now; what is wrong with it is a 400.",
        kJson, kYaml, "version: 1\nservices: {web: {command: ./server}}"},
       &AdminApi::plan},
      {{"POST", "/v1/reload",
        "Reads the cluster file again; what is wrong with it is told in full and changes nothing."},
       &AdminApi::reload},
      {{"POST", "/v1/tokens", "Makes a join token for one enrolment.", kJson, kJson,
        R"({"role": "agent", "name": "node-a"})"},
       &AdminApi::token},
      {{"POST", "/scale",
        "Predicts a service's demand so many seconds ahead and lets the decision that follows take "
        "effect.",
        kText, "application/x-www-form-urlencoded", "scale=30&service=web"},
       &AdminApi::textbook_scale},
  };
  return table;
}

AdminResponse AdminApi::answer(const AdminRequest& request) {
  std::string name, methods;
  for (const Route& route : routes()) {
    if (!fits(route.call.path, request.path, name)) continue;
    const bool is_head = request.method == "HEAD" && route.call.method == "GET";
    if (request.method == route.call.method || is_head)
      return (this->*route.handler)(request, name);
    methods += (methods.empty() ? "" : " or ") + std::string(route.call.method);
  }
  if (methods.empty())
    return refuse(404, "there is no " + request.path + " here; /openapi.json lists what there is");
  return refuse(405, request.path + " answers " + methods + " only");
}

AdminResponse AdminApi::healthz(const AdminRequest&, const std::string&) {
  return ok({{"ok", true}});
}

AdminResponse AdminApi::readyz(const AdminRequest&, const std::string&) {
  const std::string why = orders_.not_ready();
  if (why.empty()) return ok({{"ready", true}});
  return {503, "application/json", text_of({{"ready", false}, {"error", why}}), false};
}

AdminResponse AdminApi::metrics(const AdminRequest&, const std::string&) {
  return {200, "text/plain; version=0.0.4; charset=utf-8", orders_.metrics(), false};
}

AdminResponse AdminApi::openapi(const AdminRequest&, const std::string&) {
  std::vector<ApiCall> calls;
  for (const Route& route : routes()) calls.push_back(route.call);
  return {200, "application/json", openapi_json(calls, FORETIDE_VERSION), false};
}

AdminResponse AdminApi::status(const AdminRequest&, const std::string&) {
  const Instant now = orders_.now();
  Json notices = Json::array();
  const std::size_t skip = state_.notices.size() > 20 ? state_.notices.size() - 20 : 0;
  for (std::size_t i = skip; i < state_.notices.size(); ++i)
    notices.push_back(json_for(state_.notices[i]));
  return ok({{"cluster", state_.settings.name},
             {"version", FORETIDE_VERSION},
             {"epoch", state_.epoch},
             {"uptime_s", std::round(seconds_in(state_.age(now)) * 10.0) / 10.0},
             {"services", list_of(service_views(state_, now))},
             {"nodes", list_of(node_views(state_, now))},
             {"balancers", list_of(balancer_views(state_, now))},
             {"notices", std::move(notices)}});
}

AdminResponse AdminApi::nodes(const AdminRequest&, const std::string&) {
  return ok({{"nodes", list_of(node_views(state_, orders_.now()))}});
}

AdminResponse AdminApi::services(const AdminRequest&, const std::string&) {
  return ok({{"services", list_of(service_views(state_, orders_.now()))}});
}

AdminResponse AdminApi::workers(const AdminRequest&, const std::string&) {
  return ok({{"workers", list_of(worker_views(state_, orders_.now()))}});
}

AdminResponse AdminApi::service(const AdminRequest&, const std::string& name) {
  const ServiceId id{name};
  const auto view = service_view(state_, id, orders_.now());
  if (!view) return refuse(404, "there is no service named " + name);
  Json json = json_for(*view);
  json["schedule"] = schedule_json(state_.services.at(id), orders_.wall());
  return ok(json);
}

AdminResponse AdminApi::decisions(const AdminRequest& request, const std::string& name) {
  const auto asked = decisions_in(request.query, {kDecisionsDefault, kDecisionsMax});
  if (!asked) return refuse(400, asked.error());
  const ServiceId id{name};
  const auto stored = asked->after ? store_.decisions_after(id, *asked->after, asked->limit)
                                   : store_.decisions(id, asked->limit, asked->until);
  if (!stored) return refuse(503, stored.error());
  if (stored->empty() && !state_.services.contains(id))
    return refuse(404, "there is no service named " + name);
  Json list = Json::array();
  for (const StoredDecision& decision : *stored) {
    Json json = Json::parse(decision.json, nullptr, false);
    if (!json.is_discarded()) list.push_back(std::move(json));
  }
  return ok({{"service", name}, {"decisions", std::move(list)}});
}

AdminResponse AdminApi::forecast(const AdminRequest& request, const std::string& name) {
  const Instant now = orders_.now();
  const auto view = service_view(state_, ServiceId{name}, now);
  if (!view) return refuse(404, "there is no service named " + name);
  double ahead = view->lead_time_seconds;
  if (const auto asked = request.query.find("ahead"); asked != request.query.end()) {
    const auto number = settings::parse_number(asked->second);
    if (!number || *number < 0 || *number > kAheadSecondsMax)
      return refuse(400, "ahead must be a number of seconds from 0 to 604800");
    ahead = *number;
  }
  const auto forecast = forecast_ahead(state_, view->id, seconds_of(ahead), now);
  const Json whole = json_for(*view);
  return ok({{"service", name},
             {"demand", whole["demand"]},
             {"lead_time_seconds", whole["lead_time_seconds"]},
             {"prediction", whole["prediction"]},
             {"forecast", forecast ? json_for(*forecast) : Json(nullptr)}});
}

AdminResponse AdminApi::history(const AdminRequest& request, const std::string& name) {
  const ServiceId id{name};
  const auto service = state_.services.find(id);
  if (service == state_.services.end()) return refuse(404, "there is no service named " + name);
  const auto asked = request.query.find("grain");
  const auto grain = grain_in(asked == request.query.end() ? "minute" : asked->second);
  if (!grain) return refuse(400, grain.error());
  const auto rows = orders_.history(id, *grain);
  if (!rows) return refuse(503, rows.error());
  return ok(history_json(service->second, *grain, *rows));
}

AdminResponse AdminApi::moments(const AdminRequest& request, const std::string& name) {
  const ServiceId id{name};
  if (!state_.services.contains(id)) return refuse(404, "there is no service named " + name);
  const auto after = moments_after_in(request.query);
  if (!after) return refuse(400, after.error());
  const auto moments = orders_.moments(id, *after);
  if (!moments) return refuse(503, moments.error());
  return ok(moments_json(id, *moments));
}

AdminResponse AdminApi::events(const AdminRequest& request, const std::string&) {
  if (request.accept.find("text/event-stream") != std::string::npos)
    return {200, "text/event-stream", "", true};
  return ok({{"notices", list_of(state_.notices)}});
}

AdminResponse AdminApi::scale(const AdminRequest& request, const std::string& name) {
  const ServiceId id{name};
  const auto service = state_.services.find(id);
  if (service == state_.services.end() || !service->second.settings)
    return refuse(404, "there is no service named " + name);
  if (service->second.is_static())
    return refuse(400, name + " has upstreams, which are not Foretide's to start or stop");
  const auto asked = scale_in(request.body);
  if (!asked) return refuse(400, asked.error());
  const ScaleSettings& scale = service->second.settings->scale;
  if (asked->count && (*asked->count < scale.min || *asked->count > scale.max))
    return refuse(400, name + " may have " + std::to_string(scale.min) + " to " +
                           counted(scale.max, "worker", "workers") +
                           ": scale.min and scale.max in the cluster file say so");
  if (Outcome done = orders_.hold(id, asked->count, asked->expires_after); !done)
    return refuse(503, done.error());
  const auto view = service_view(state_, id, orders_.now());
  const Json whole = view ? json_for(*view) : Json::object();
  return ok({{"service", name},
             {"desired", whole.value("desired", Json())},
             {"manual", whole.value("manual", Json())},
             {"pause", whole.value("pause", Json())}});
}

AdminResponse AdminApi::textbook_scale(const AdminRequest& request, const std::string&) {
  const auto form = request.form();
  const auto scale = form.find("scale");
  const auto ahead = scale == form.end() ? std::nullopt : settings::parse_number(scale->second);
  if (!ahead || *ahead < 0 || *ahead > kAheadSecondsMax)
    return refuse(400,
                  "send the form field scale=SECONDS, how far ahead to predict, from 0 to 604800");
  ServiceId id;
  if (const auto named = form.find("service"); named != form.end())
    id.text = named->second;
  else if (state_.settings.services.size() == 1)
    id = state_.settings.services.front().id;
  else
    return refuse(400, "there are " + std::to_string(state_.settings.services.size()) +
                           " services: say which with the form field service=NAME");
  if (!state_.services.contains(id)) return refuse(404, "there is no service named " + id.text);
  const auto forecast = forecast_ahead(state_, id, seconds_of(*ahead), orders_.now());
  orders_.ask_forecast(id, seconds_of(*ahead));
  if (!forecast)
    return refuse(503, "too little of the demand for " + id.text + " is known yet to predict it");
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof text, forecast->point, std::chars_format::fixed, 3).ptr;
  return {200, "text/plain; charset=utf-8", std::string(text, end) + "\n", false};
}

AdminResponse AdminApi::plan(const AdminRequest& request, const std::string&) {
  const auto cluster = parse_cluster(request.body, "cluster.yaml");
  if (!cluster) return refuse(400, cluster.error());
  return ok(json_for(preview_of(state_, *cluster)));
}

AdminResponse AdminApi::reload(const AdminRequest&, const std::string&) {
  const auto reloaded = orders_.reload();
  if (!reloaded) return refuse(400, reloaded.error());
  return ok({{"reloaded", true}, {"changed", reloaded->changed}});
}

AdminResponse AdminApi::token(const AdminRequest& request, const std::string&) {
  const auto asked = token_in(request.body);
  if (!asked) return refuse(400, asked.error());
  if (const std::string why = orders_.no_token_for(asked->name); !why.empty())
    return refuse(400, why);
  const auto issued = orders_.issue_token(asked->role, asked->name);
  if (!issued) return refuse(503, issued.error());
  return ok({{"token", issued->token},
             {"control", issued->control},
             {"expires_in_s", issued->expires_in_s}});
}

AdminResponse AdminApi::pause(const AdminRequest& request, const std::string& name) {
  const auto asked = pause_in(request);
  if (!asked) return refuse(400, asked.error());
  return set_pause({ServiceId{name}, true, asked->direction, asked->expires_after});
}

AdminResponse AdminApi::resume(const AdminRequest&, const std::string& name) {
  return set_pause({.service = ServiceId{name}, .paused = false});
}

AdminResponse AdminApi::set_pause(const PauseSet& order) {
  const std::string& name = order.service.text;
  const auto service = state_.services.find(order.service);
  if (service == state_.services.end() || !service->second.settings)
    return refuse(404, "there is no service named " + name);
  if (service->second.is_static())
    return refuse(400, name + " has upstreams, which are not Foretide's to start or stop");
  if (Outcome done = orders_.pause(order); !done) return refuse(503, done.error());
  const auto view = service_view(state_, order.service, orders_.now());
  const Json whole = view ? json_for(*view) : Json::object();
  return ok({{"service", name},
             {"paused", whole.value("paused", Json())},
             {"pause", whole.value("pause", Json())},
             {"manual", whole.value("manual", Json())}});
}

AdminResponse AdminApi::drain(const AdminRequest& request, const std::string& name) {
  const auto node = state_.nodes.find(NodeId{name});
  if (node == state_.nodes.end() || !orders_.is_enrolled(wire::Role::kAgent, name))
    return refuse(404, "there is no node named " + name);
  const auto draining = drain_in(request.body);
  if (!draining) return refuse(400, draining.error());
  if (Outcome done = orders_.drain({node->first, *draining}); !done)
    return refuse(503, done.error());
  return ok({{"node", name},
             {"draining", node->second.draining},
             {"workers", node->second.workers.size()}});
}

AdminResponse AdminApi::remove_node(const AdminRequest&, const std::string& name) {
  return remove(wire::Role::kAgent, name);
}

AdminResponse AdminApi::remove_balancer(const AdminRequest&, const std::string& name) {
  return remove(wire::Role::kBalancer, name);
}

AdminResponse AdminApi::remove(wire::Role role, const std::string& name) {
  if (!orders_.is_enrolled(role, name))
    return refuse(404, std::string("there is no ") +
                           (role == wire::Role::kAgent ? "node" : "balancer") + " named " + name);
  if (Outcome done = orders_.remove(role, name); !done) return refuse(503, done.error());
  return ok({{"removed", name}});
}

}  // namespace foretide::coordinator
