#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "common/io/clock.hpp"
#include "common/rfc3339.hpp"
#include "coordinator/core/text.hpp"
#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/feedback_text.hpp"
#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/moment_option.hpp"
#include "deploy/cli/service_words.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;

struct ExplainOptions {
  AdminAccess access;
  std::string service;
  std::size_t count = 5;
  std::string at;  // empty: now
};

std::string workers_text(std::uint64_t count) {
  return coordinator::counted(count, "worker", "workers");
}

std::optional<WallTime> time_of(const json& decision) {
  return parse_rfc3339(text_in(decision, "at"));
}

// The day too where it was not today.
std::string when_text(const json& decision) {
  const auto at = time_of(decision);
  if (!at) return "--:--:--";
  const std::string text = local_text(*at), today = local_text(wall_now());
  constexpr std::size_t kDay = 11;  // "2026-11-28 "
  return text.compare(0, kDay, today, 0, kDay) == 0 ? text.substr(kDay) : text;
}

void print_decision(const json& decision) {
  const std::uint64_t from = count_in(decision, "from"), to = count_in(decision, "to");
  std::printf("%s  %s\n", when_text(decision).c_str(),
              from == to ? ("stayed at " + workers_text(to)).c_str()
                         : ("from " + std::to_string(from) + " to " + workers_text(to)).c_str());
  std::printf("  because  %s (rule: %s)\n", text_in(decision, "reason").c_str(),
              text_in(decision, "rule").c_str());
  const auto demand = number_in(decision, "demand"), forecast = number_in(decision, "forecast");
  std::string known = demand ? "demand was " + number_text(demand) : "demand was not known";
  if (forecast) {
    known += ", forecast " + number_text(forecast);
    if (const auto lead = number_in(decision, "lead_time_seconds")) {
      known += " in " + number_text(lead) + " s";
    }
    if (const std::string who = text_in(decision, "forecaster"); !who.empty())
      known += " by " + who;
  }
  if (const auto capacity = number_in(decision, "capacity_per_worker")) {
    known += "; one worker carries " + number_text(capacity);
  }
  std::printf("  known    %s; %s ready, %s starting\n", known.c_str(),
              std::to_string(count_in(decision, "ready")).c_str(),
              std::to_string(count_in(decision, "starting")).c_str());
  const char* label = "opinions";
  for (const json& opinion : list_in(decision, "opinions")) {
    const std::string rule = text_in(opinion, "rule");
    std::printf("  %-8s %s%-10s %s: %s\n", label, rule == text_in(decision, "rule") ? "* " : "  ",
                rule.c_str(), workers_text(count_in(opinion, "workers")).c_str(),
                text_in(opinion, "reason").c_str());
    label = "";
  }
  std::printf("\n");
}

void print_output(const json& of, const char* key) {
  for (const json& line : list_in(of, key)) {
    if (line.is_string()) std::printf("    | %s\n", line.get<std::string>().c_str());
  }
}

void print_now(const json& service) {
  std::printf(
      "%s: %s desired; %llu ready, %llu starting, %llu draining, %llu failing; demand %s, forecast "
      "%s, one "
      "worker carries %s\n",
      text_in(service, "name").c_str(), workers_text(count_in(service, "desired")).c_str(),
      static_cast<unsigned long long>(count_in(service, "ready")),
      static_cast<unsigned long long>(count_in(service, "starting")),
      static_cast<unsigned long long>(count_in(service, "draining")),
      static_cast<unsigned long long>(count_in(service, "failing")),
      number_text(number_in(service, "demand")).c_str(),
      number_text(number_in(service, "forecast")).c_str(),
      number_text(number_in(service, "capacity_per_worker")).c_str());
  if (const std::string prediction = text_in(service, "prediction"); !prediction.empty()) {
    std::printf("prediction: %s\n", prediction.c_str());
  }
  if (const auto capacity = service.find("capacity");
      capacity != service.end() && capacity->is_object()) {
    std::printf("capacity: %s\n", text_in(*capacity, "text").c_str());
  }
  for (const std::string& line : feedback_lines(service)) std::printf("%s\n", line.c_str());
  for (const json& signal : list_in(service, "signals")) {
    std::printf("signal %s: %s, %s\n", text_in(signal, "name").c_str(),
                text_in(signal, "state").c_str(), text_in(signal, "text").c_str());
  }
  if (const std::string why = text_in(service, "no_place"); !why.empty()) {
    std::printf("no node can take a worker of it: %s\n", why.c_str());
  }
  for (const std::string& words : {words_on_pause(service), words_on_manual(service)}) {
    if (!words.empty()) std::printf("%s\n", words.c_str());
  }
  if (const std::string words = words_on_starts(service); !words.empty()) {
    std::printf("%s\n", words.c_str());
    print_output(service["starts_stopped"], "output");
  }
  for (const json& worker : list_in(service, "workers")) {
    const std::string reason = text_in(worker, "reason");
    if (reason.empty()) continue;
    std::printf("worker %s on %s, %s: %s\n", text_in(worker, "id").c_str(),
                text_in(worker, "node").c_str(), text_in(worker, "state").c_str(), reason.c_str());
    print_output(worker, "last_output");
  }
  std::printf("\n");
}

int failed(const std::string& why) {
  std::fprintf(stderr, "foretide: %s\n", why.c_str());
  return kFailed;
}

// The one decision that `query` asks for; null: there is none.
Result<json> decision_by(const AdminClient& admin, const std::string& service,
                         const std::string& query) {
  const Result<json> answer = admin.get("/v1/services/" + service + "/decisions?limit=1&" + query);
  if (!answer) return Error{answer.error()};
  const json decisions = list_in(*answer, "decisions");
  return decisions.empty() ? json() : decisions.front();
}

void print_moment(const std::string& service, WallTime at, const json& in_force, const json& next) {
  const std::string then = local_text(at, wall_now());
  if (in_force.is_null() && next.is_null()) {
    std::printf("no decision about %s is known\n", service.c_str());
    return;
  }
  if (in_force.is_null()) {
    std::printf("%s: decisions about %s are known from %s on; the first:\n\n", then.c_str(),
                service.c_str(), local_text(time_of(next).value_or(WallTime{})).c_str());
    print_decision(next);
    return;
  }
  std::printf("%s: %s wanted of %s, as was decided at %s\n\n", then.c_str(),
              workers_text(count_in(in_force, "to")).c_str(), service.c_str(),
              local_text(time_of(in_force).value_or(WallTime{})).c_str());
  print_decision(in_force);
  if (next.is_null()) {
    std::printf("nothing else has been decided since\n");
    return;
  }
  std::printf("the next decision:\n\n");
  print_decision(next);
}

// The decision that was in force then, and the one after it.
int explain_moment(const ExplainOptions& options, WallTime at) {
  const Result<AdminClient> admin = AdminClient::open(options.access);
  if (!admin) return failed(admin.error());
  // Times are told by the second, so one that is given by the second means the whole of it.
  constexpr std::chrono::milliseconds kRestOfSecond{999};
  const bool is_whole_second = at == std::chrono::floor<std::chrono::seconds>(at);
  const std::string until = rfc3339_text(is_whole_second ? at + kRestOfSecond : at);
  const Result<json> in_force = decision_by(*admin, options.service, "before=" + until);
  if (!in_force) return failed(in_force.error());
  const Result<json> next = decision_by(*admin, options.service, "after=" + until);
  if (!next) return failed(next.error());
  print_moment(options.service, at, *in_force, *next);
  return kDone;
}

int explain_now(const ExplainOptions& options) {
  const Result<AdminClient> admin = AdminClient::open(options.access);
  if (!admin) return failed(admin.error());
  Result<json> service = admin->get("/v1/services/" + options.service);
  if (!service) return failed(service.error());
  const Result<json> answer = admin->get("/v1/services/" + options.service +
                                         "/decisions?limit=" + std::to_string(options.count));
  if (!answer) return failed(answer.error());
  if (service->is_object() && !service->contains("name")) (*service)["name"] = options.service;
  print_now(*service);
  json decisions = list_in(*answer, "decisions");
  std::stable_sort(decisions.begin(), decisions.end(), [](const json& a, const json& b) {
    return b.value("at", json()) < a.value("at", json());
  });
  if (decisions.empty()) std::printf("no decision has been made about it yet\n");
  for (std::size_t i = 0; i < decisions.size() && i < options.count; ++i)
    print_decision(decisions[i]);
  return kDone;
}

int explain(const ExplainOptions& options) {
  if (options.at.empty()) return explain_now(options);
  const Result<WallTime> at = moment_in(options.at, wall_now());
  if (at) return explain_moment(options, *at);
  std::fprintf(stderr, "foretide: --at: %s\n", at.error().c_str());
  return kUsage;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("explain", "Tell why a service has the workers it has");
  auto options = std::make_shared<ExplainOptions>();
  verb->add_option("SERVICE", options->service, "The service")->required();
  auto* const last = verb->add_option("--last", options->count, "How many decisions to tell")
                         ->check(CLI::Range(1u, 100u))
                         ->capture_default_str();
  verb->add_option("--at", options->at,
                   "Tell the decision in force at that time, and the next: 14:05, \"2026-11-28 "
                   "14:05:30\", \"10m ago\", or RFC 3339")
      ->excludes(last);
  add_admin_options(*verb, options->access);
  verb->footer(
      "Examples:\n  foretide explain web --last 3\n  foretide explain web --at \"10m ago\"");
  verb->callback([options, &exit_code] { exit_code = explain(*options); });
}

}  // namespace foretide::cli
