#include "deploy/cli/plan_view.hpp"

#include <string>

#include "coordinator/core/text.hpp"
#include "deploy/cli/json_fields.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kMargin = 2;

std::string workers_text(std::uint64_t count) {
  return coordinator::counted(count, "worker", "workers");
}

bool is_set(const json& change, const char* flag) {
  const auto found = change.find(flag);
  return found != change.end() && found->is_boolean() && found->get<bool>();
}

// Of what is not shown only whether it is given.
std::string value_in(const json& change, const char* key) {
  const auto value = change.find(key);
  if (value == change.end() || !value->is_string()) return "not given";
  const auto text = value->get<std::string>();
  return text.empty() && is_set(change, "secret") ? "(not shown)" : text;
}

std::string difference_in(const json& change) {
  if (!is_set(change, "item")) return value_in(change, "from") + " -> " + value_in(change, "to");
  const std::string gone = text_in(change, "from");
  return gone.empty() ? "also " + text_in(change, "to") : "no longer " + gone;
}

PlanLine line_for(const json& change, std::size_t margin) {
  const std::string effect = text_in(change, "effect");
  const bool is_mild = effect == "live";
  return {margin,
          {{text_in(change, "key") + ": ", Style::kBold},
           {difference_in(change)},
           {" (" + text_in(change, "means") + ")", is_mild ? Style::kDim : Style::kYellow}}};
}

std::string fate_of_added(const json& workers) {
  if (!workers.is_object()) return "its upstreams get the requests that it matches";
  const auto count = count_in(workers, "then");
  return count == 0 ? "it starts no worker before it is asked for"
                    : "it starts " + workers_text(count) + " now";
}

std::string fate_of_removed(const json& workers) {
  if (!workers.is_object()) return "its upstreams get no more requests";
  const auto count = count_in(workers, "ended");
  return count == 0 ? "no worker of it runs" : "its " + workers_text(count) + " drain and end";
}

// By the new bounds; empty where they ask for as many as before.
std::string change_of_count(const json& workers) {
  const auto now = count_in(workers, "now"), then = count_in(workers, "then");
  if (then == now) return "";
  const auto difference = then > now ? then - now : now - then;
  return std::to_string(difference) + (then > now ? " more now, " : " fewer now, ") +
         std::to_string(then) + " in all" + (then > now ? "" : ", the others drain");
}

std::string freedom_in(const json& workers) {
  const auto least = number_in(workers, "may_fall_to");
  return least ? "down to " + number_text(least, 0) + " from now on, as demand allows" : "";
}

std::string replacement_in(const json& workers) {
  const auto count = count_in(workers, "replaced");
  return count == 0 ? "" : workers_text(count) + (count == 1 ? " is" : " are") + " replaced";
}

void add_text(std::vector<PlanLine>& lines, const std::string& label, const std::string& text) {
  if (!text.empty()) lines.push_back({kMargin, {{label, Style::kBold}, {text}}});
}

void add_service(std::vector<PlanLine>& lines, const json& service) {
  const std::string name = text_in(service, "service"), what = text_in(service, "what");
  const json workers = service.value("workers", json());
  if (what == "added") {
    lines.push_back({0, {{name + " is added", Style::kGreen}}});
    add_text(lines, "", fate_of_added(workers));
    return;
  }
  if (what == "removed") {
    lines.push_back({0, {{name + " is removed", Style::kRed}}});
    add_text(lines, "", fate_of_removed(workers));
    return;
  }
  lines.push_back({0, {{name + " changes", Style::kYellow}}});
  for (const json& change : list_in(service, "changes")) {
    lines.push_back(line_for(change, kMargin));
  }
  if (!workers.is_object()) return;
  add_text(lines, "workers: ", change_of_count(workers));
  add_text(lines, "workers: ", freedom_in(workers));
  add_text(lines, "workers: ", replacement_in(workers));
}

}  // namespace

std::vector<PlanLine> lines_for_plan(const json& plan) {
  std::vector<PlanLine> lines;
  for (const json& change : list_in(plan, "cluster")) lines.push_back(line_for(change, 0));
  for (const json& service : list_in(plan, "services")) add_service(lines, service);
  if (lines.empty()) return {{0, {{"nothing changes: this is what the coordinator runs with"}}}};
  if (is_set(plan, "restart")) {
    lines.push_back({0,
                     {{"a reload of this file is refused, since 'listen' and 'observe' cannot "
                       "change while the coordinator runs: restart it, and all of this comes into "
                       "force (workers and traffic go on meanwhile)",
                       Style::kRed}}});
  }
  return lines;
}

}  // namespace foretide::cli
