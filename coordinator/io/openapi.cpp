#include "coordinator/io/openapi.hpp"

#include <nlohmann/json.hpp>

#include "coordinator/io/openapi_schemas.hpp"

namespace foretide::coordinator {
namespace {

using Json = nlohmann::ordered_json;

Json error_answer(const char* when) {
  return {{"description", when},
          {"content", {{"application/json", {{"schema", schema_named("Error")}}}}}};
}

Json path_parameter() {
  return {{"name", "name"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
}

// "limit: how many; ahead: seconds"
void add_query(Json& parameters, std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find(';'), query.size());
    std::string_view one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    const std::size_t colon = std::min(one.find(':'), one.size());
    parameters.push_back({{"name", std::string(one.substr(0, colon))},
                          {"in", "query"},
                          {"required", false},
                          {"description", std::string(one.substr(std::min(colon + 2, one.size())))},
                          {"schema", {{"type", "string"}}}});
  }
}

Json operation_for(const ApiCall& call) {
  Json operation = {{"summary", std::string(call.summary)}};
  Json parameters = Json::array();
  if (call.path.find("{name}") != std::string_view::npos) parameters.push_back(path_parameter());
  add_query(parameters, call.query);
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (!call.takes.empty()) {
    const bool is_text = call.takes == "application/yaml";
    Json content = {{"schema", {{"type", is_text ? "string" : "object"}}}};
    if (!call.example.empty())
      content["example"] = call.takes == "application/json" ? Json::parse(call.example)
                                                            : Json(std::string(call.example));
    operation["requestBody"]["content"][std::string(call.takes)] = std::move(content);
  }
  Json& responses = operation["responses"];
  responses["200"] = {{"description", "Done"}};
  Json& content = responses["200"]["content"][std::string(call.answer)] = Json::object();
  if (!call.schema.empty()) content["schema"] = schema_named(call.schema);
  responses["default"] = error_answer(
      "Why not: 400 bad input, 401 no or wrong token, 403 wrong Host or "
      "Origin, 404 not there, 405 wrong method, 501 not built yet, 503 not now");
  operation["security"] = Json::array();
  if (!call.is_open) operation["security"].push_back({{"token", Json::array()}});
  return operation;
}

}  // namespace

std::string openapi_json(std::span<const ApiCall> calls, std::string_view version) {
  Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Foretide coordinator"},
        {"version", std::string(version)},
        {"description",
         "Load and capacity are requests in flight; durations are seconds; null is: not known."}}}};
  Json& paths = document["paths"];
  for (const ApiCall& call : calls) {
    std::string method(call.method);
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    paths[std::string(call.path)][method] = operation_for(call);
  }
  document["components"] = {
      {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
      {"schemas", openapi_schemas()}};
  return document.dump(2);
}

}  // namespace foretide::coordinator
