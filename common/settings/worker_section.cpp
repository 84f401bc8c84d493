#include "common/settings/worker_section.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "common/settings/cluster_keys.hpp"
#include "common/settings/command_words.hpp"

namespace foretide::settings {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWordsMost = 1000;     // of a command
constexpr std::size_t kVariablesMost = 500;  // of an environment
constexpr std::array<std::string_view, 1> kEngines{"generic"};
constexpr std::array<std::string_view, 2> kEnginesUnbuilt{"llama.cpp", "vllm"};
constexpr std::array<std::pair<std::string_view, int>, 7> kSignals{{{"TERM", SIGTERM},
                                                                    {"INT", SIGINT},
                                                                    {"QUIT", SIGQUIT},
                                                                    {"HUP", SIGHUP},
                                                                    {"USR1", SIGUSR1},
                                                                    {"USR2", SIGUSR2},
                                                                    {"KILL", SIGKILL}}};

std::vector<std::string> command_in(const Section& service) {
  const YamlEntry* entry = service.entry("command");
  if (entry == nullptr) return {};
  const YamlNode& node = entry->value;
  std::vector<std::string> words;
  if (node.kind == YamlNode::Kind::kList) {
    for (const auto& item : node.items) {
      if (auto word = text_in(item, "command", service.problems()))
        words.push_back(*std::move(word));
    }
    if (words.size() < node.items.size()) return {};  // told already
  } else {
    const auto line = text_in(node, "command", service.problems());
    if (!line) return {};
    auto split = split_command(*line);
    if (!split) {
      service.problems().add(node.at, "'command' " + split.error());
      return {};
    }
    words = std::move(split.value());
  }
  if (words.size() > kWordsMost) {
    service.problems().add(node.at, "'command' has " + std::to_string(words.size()) +
                                        " words, at most " + std::to_string(kWordsMost));
  } else if (words.empty() || words[0].empty()) {
    service.problems().add(node.at,
                           "'command' names no program, write for example ./server --port {port}");
  } else if (const auto equals = words[0].find('=');
             equals != std::string::npos && equals > 0 && words[0].find('/') > equals) {
    service.problems().add(node.at, "'command' begins with " + words[0] +
                                        ", which is no program, set " + words[0].substr(0, equals) +
                                        " under 'env'");
  }
  return words;
}

bool is_variable_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), fits);
}

// What is wrong with the references in an environment value; empty when nothing is.
std::string reference_problem(std::string_view value) {
  for (auto at = value.find("${"); at != std::string_view::npos; at = value.find("${", at + 2)) {
    const std::string_view rest = value.substr(at + 2);
    const auto close = rest.find('}');
    if (close == std::string_view::npos)
      return "holds '${' that is never closed, close it with '}'";
    const std::string_view inside = rest.substr(0, close);
    const bool file = inside.starts_with("file:") && inside.size() > 5;
    const bool variable = inside.starts_with("env:") && is_variable_name(inside.substr(4));
    if (file || variable) continue;
    const std::string hint =
        is_variable_name(inside) ? "${env:" + std::string(inside) + "}" : "${env:NAME}";
    return "holds '${" + std::string(inside) + "}', a reference is ${file:/path} or " + hint;
  }
  return "";
}

std::map<std::string, std::string> environment_in(const Section& service) {
  std::map<std::string, std::string> environment;
  const YamlEntry* entry = service.entry("env");
  if (entry == nullptr) return environment;
  if (entry->value.kind != YamlNode::Kind::kMap) {
    service.problems().add(entry->value.at,
                           "'env' is " + shown(entry->value) + ", wants a map of NAME: value");
    return environment;
  }
  if (entry->value.entries.size() > kVariablesMost) {
    service.problems().add(entry->value.at,
                           "'env' has " + std::to_string(entry->value.entries.size()) +
                               " variables, at most " + std::to_string(kVariablesMost));
  }
  for (const auto& variable : entry->value.entries) {
    if (!is_variable_name(variable.key)) {
      service.problems().add(
          variable.key_at,
          "'" + variable.key + "' cannot name a variable, use letters, digits and _");
      continue;
    }
    auto value = text_in(variable.value, variable.key, service.problems());
    if (!value) continue;
    if (const auto problem = reference_problem(*value); !problem.empty()) {
      service.problems().add(variable.value.at, "'" + variable.key + "' " + problem);
    }
    environment.emplace(variable.key, *std::move(value));
  }
  return environment;
}

std::string user_in(const Section& service) {
  auto user = service.text("user");
  if (!user) return "";
  const bool fits = !user->empty() && user->size() <= 32 &&
                    user->find_first_of(" \t\n:/") == std::string::npos && user->front() != '-';
  if (!fits)
    service.report(
        "user", "'user' is " + shown(service.entry("user")->value) + ", wants the name of a user");
  return *user;
}

Needs needs_in(const Section& service) {
  const auto section = service.section("needs", keys::kNeeds);
  if (!section) return {};
  return {.cpus = section->number("cpus", {0.0, 4096.0}).value_or(0.0),
          .memory_bytes = section->bytes("memory").value_or(0)};
}

ProbeSpec start_probe_in(const Section& service) {
  ProbeSpec spec;
  const auto probe = service.section("probe", keys::kProbe);
  const auto start = probe ? probe->section("start", keys::kProbeStart) : std::nullopt;
  if (!start) return spec;
  if (start->has("http") && start->has("tcp")) {
    start->report("tcp", "'tcp' and 'http' exclude each other, keep one");
  }
  if (const auto path = start->text("http")) {
    const bool fits = path->starts_with('/') && path->find_first_of(" \t\r\n") == std::string::npos;
    if (!fits)
      start->report("http", "'http' is " + shown(start->entry("http")->value) +
                                ", wants a path such as /healthz");
    spec.kind = ProbeSpec::Kind::kHttp;
    spec.path = *path;
  }
  if (const auto tcp = start->text("tcp"); tcp && *tcp != "true") {
    start->report("tcp", "'tcp' is '" + *tcp + "', wants true, or leave it out for an http probe");
  }
  spec.timeout = start->duration("timeout", {10ms, 24h}).value_or(spec.timeout);
  return spec;
}

std::optional<int> signal_in(const Section& stop) {
  const auto text = stop.text("signal");
  if (!text) return std::nullopt;
  std::string_view name = *text;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (const auto& [known, number] : kSignals) {
    if (name == known || *text == std::to_string(number)) return number;
  }
  stop.report("signal", "'signal' is " + shown(stop.entry("signal")->value) +
                            ", wants TERM, INT, QUIT, HUP, USR1, USR2, KILL or the number of one");
  return std::nullopt;
}

StopSpec stop_in(const Section& service) {
  StopSpec spec;
  const auto stop = service.section("stop", keys::kStop);
  if (!stop) return spec;
  spec.drain = stop->duration("drain", {0ms, 24h}).value_or(spec.drain);
  spec.signal = signal_in(*stop).value_or(spec.signal);
  spec.grace = stop->duration("grace", {0ms, 24h}).value_or(spec.grace);
  return spec;
}

}  // namespace

WorkerSpec worker_in(const Section& service) {
  service.choice("engine", kEngines, kEnginesUnbuilt);
  WorkerSpec worker;
  worker.argv = command_in(service);
  worker.env = environment_in(service);
  worker.workdir = service.text("workdir").value_or("");
  worker.user = user_in(service);
  worker.needs = needs_in(service);
  worker.start = start_probe_in(service);
  worker.stop = stop_in(service);
  return worker;
}

}  // namespace foretide::settings
