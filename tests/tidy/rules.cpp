#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace foretide::tidy {

namespace {

// Of the standard library, what reaches outside or needs threads.
constexpr std::array<std::string_view, 15> kImpureHeaders{
    "thread",    "mutex",      "shared_mutex", "condition_variable", "future",
    "semaphore", "latch",      "barrier",      "stop_token",         "fstream",
    "iostream",  "filesystem", "csignal",      "syncstream",         "ctime"};

constexpr std::array<std::string_view, 9> kImpureFunctions{
    "getenv", "rand",    "srand", "gettimeofday", "clock_gettime",
    "printf", "fprintf", "puts",  "fopen"};

constexpr std::array<std::string_view, 5> kParts{"agent", "balancer", "common", "coordinator",
                                                 "deploy"};

// Where a wrapped library may be included.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kDoors{
    {{"yaml-cpp/", "common/settings/yaml_tree.cpp"},
     {"msgpack", "common/wire/"},
     {"zmq", "common/io/"},
     {"sqlite3.h", "coordinator/io/"}}};

constexpr std::array<std::string_view, 7> kDrawers{"manager", "util", "utils", "helper",
                                                   "helpers", "misc", "stuff"};

bool is_core(std::string_view path) {
  return path.find("/core/") != std::string_view::npos;
}

std::string first_folder(std::string_view path) {
  return std::string(path.substr(0, path.find('/')));
}

std::string file_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

bool is_part(std::string_view folder) {
  return std::find(kParts.begin(), kParts.end(), folder) != kParts.end();
}

bool is_third_party(const Include& include) {
  return include.angle && (include.name.find('/') != std::string::npos ||
                           include.name.find('.') != std::string::npos);
}

bool may_include(std::string_view path, std::string_view target) {
  const std::string from = first_folder(path);
  const std::string to = first_folder(target);
  if (!is_part(to) || to == from || to == "common") return true;
  if (from == "tests" && path.starts_with("tests/unit/" + to + "/")) return true;
  if (from == "tests" && to == "deploy") return true;
  if (path.starts_with("tests/fuzz/") && target.starts_with("balancer/http/")) return true;
  return (path.starts_with("deploy/cli/") || from == "tests") && is_core(target);
}

// Whether the line calls the function; its bare name (an attribute's `printf`) is no call.
bool calls(std::string_view line, std::string_view function) {
  return has_word(line, function) &&
         line.find(std::string(function) + "(") != std::string_view::npos;
}

// Calls `found(line number, line)` for each line of the file's code.
template <class Found>
void each_code_line(const SourceFile& file, const Found& found) {
  const std::string code = code_of(file.text);
  int number = 0;
  for (const auto line : lines_of(code)) found(++number, line);
}

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "/opt/x" as a path of its own, not the end of another ("src/opt/x").
bool names_root_folder(std::string_view line, std::string_view folder) {
  for (auto at = line.find(folder); at != std::string_view::npos; at = line.find(folder, at + 1)) {
    const bool inside =
        at > 0 && (std::isalnum(static_cast<unsigned char>(line[at - 1])) != 0 ||
                   std::string_view("_-.}*").find(line[at - 1]) != std::string_view::npos);
    if (!inside) return true;
  }
  return false;
}

const std::vector<std::string>& registry_hosts() {
  static const std::vector<std::string> hosts = [] {
    const std::vector<std::pair<std::string, std::string>> pieces{
        {"deb.debian", "org"},       {"security.debian", "org"},
        {"archive.ubuntu", "com"},   {"registry.npmjs", "org"},
        {"registry.yarnpkg", "com"}, {"pypi", "org"},
        {"pythonhosted", "org"},     {"crates", "io"},
        {"proxy.golang", "org"},     {"sum.golang", "org"},
        {"rubygems", "org"},         {"repo1.maven", "org"}};
    std::vector<std::string> joined;
    joined.reserve(pieces.size());
    for (const auto& [name, domain] : pieces) {
      joined.push_back(name);
      joined.back().append(".").append(domain);
    }
    return joined;
  }();
  return hosts;
}

}  // namespace

std::vector<Finding> impure_includes(const SourceFile& file) {
  std::vector<Finding> findings;
  if (!is_cpp(file) || !is_core(file.path) || first_folder(file.path) == "tests") return findings;
  const std::string name = file_name(file.path);
  const bool forecaster = name.starts_with("forecast_") && name.ends_with(".cpp");
  for (const auto& include : includes_of(file.text)) {
    const bool eigen = include.angle && include.name.starts_with("Eigen/");
    const bool io = !include.angle && include.name.find("/io/") != std::string::npos;
    const bool impure = contains(kImpureHeaders, include.name);
    if (!(eigen && forecaster) && (is_third_party(include) || io || impure)) {
      findings.push_back({file.path, include.line, "core includes " + include.name});
    }
  }
  return findings;
}

std::vector<Finding> impure_calls(const SourceFile& file) {
  std::vector<Finding> findings;
  if (!is_cpp(file) || !is_core(file.path) || first_folder(file.path) == "tests") return findings;
  each_code_line(file, [&](int number, std::string_view line) {
    if (line.find("::now(") != std::string_view::npos) {
      findings.push_back({file.path, number, "core reads a clock"});
    }
    for (const auto function : kImpureFunctions) {
      if (calls(line, function))
        findings.push_back({file.path, number, "core calls " + std::string(function)});
    }
    if (has_word(line, "random_device")) findings.push_back({file.path, number, "core rolls dice"});
  });
  return findings;
}

std::vector<Finding> foreign_includes(const SourceFile& file) {
  std::vector<Finding> findings;
  if (!is_cpp(file)) return findings;
  for (const auto& include : includes_of(file.text)) {
    if (!include.angle && !may_include(file.path, include.name)) {
      findings.push_back(
          {file.path, include.line, "includes " + include.name + " of another program"});
    }
  }
  return findings;
}

std::vector<Finding> libraries_past_their_door(const SourceFile& file) {
  std::vector<Finding> findings;
  if (!is_cpp(file) || first_folder(file.path) == "tests") return findings;
  for (const auto& include : includes_of(file.text)) {
    for (const auto& [library, door] : kDoors) {
      if (include.angle && include.name.starts_with(library) && !file.path.starts_with(door)) {
        findings.push_back(
            {file.path, include.line, include.name + " is for " + std::string(door) + " only"});
      }
    }
  }
  return findings;
}

std::vector<Finding> headers_without_prose(const SourceFile& file) {
  if (!is_header(file)) return {};
  std::string prose;
  for (const auto line : lines_of(file.text)) {
    if (!line.starts_with("//")) break;
    prose += line.substr(2);
  }
  const bool sentence = prose.size() >= 40 && prose.find('.') != std::string::npos;
  if (sentence) return {};
  return {{file.path, 1, "a header opens with a comment that says what it is"}};
}

std::vector<Finding> headers_without_guard(const SourceFile& file) {
  if (!is_header(file)) return {};
  const std::string code = code_of(file.text);
  const std::size_t first = code.find_first_not_of(" \n");
  if (first != std::string::npos && code.compare(first, 12, "#pragma once") == 0) return {};
  return {{file.path, 0, "a header's first code is #pragma once"}};
}

std::vector<Finding> overlong_files(const SourceFile& file) {
  if (!is_cpp(file)) return {};
  const auto count = static_cast<int>(lines_of(file.text).size());
  const int most = first_folder(file.path) == "tests" ? kTestLinesMost : kLinesMost;
  if (count <= most) return {};
  return {{file.path, 0, std::to_string(count) + " lines, at most " + std::to_string(most)}};
}

std::vector<Finding> wide_comments(const SourceFile& file) {
  if (!is_cpp(file)) return {};
  std::vector<Finding> findings;
  int number = 0;
  for (const auto line : lines_of(file.text)) {
    ++number;
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos || !line.substr(begin).starts_with("//")) continue;
    const auto columns = std::count_if(line.begin(), line.end(), [](char byte) {
      return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;  // begins a character
    });
    if (columns <= kColumnsMost) continue;
    findings.push_back({file.path, number, std::to_string(columns) + " columns of comment"});
  }
  return findings;
}

std::vector<Finding> drawers(const SourceFile& file) {
  if (!is_cpp(file)) return {};
  std::string words = file_name(file.path);
  words = words.substr(0, words.find('.'));
  std::replace(words.begin(), words.end(), '_', ' ');
  for (const auto drawer : kDrawers) {
    if (has_word(words, drawer))
      return {{file.path, 0, "'" + std::string(drawer) + "' names no idea"}};
  }
  return {};
}

std::vector<Finding> leftover_marks(const SourceFile& file) {
  static const std::vector<std::string> marks{std::string("FIX") + "ME", std::string("TO") + "DO",
                                              std::string("XX") + "X", std::string("HA") + "CK"};
  std::vector<Finding> findings;
  int number = 0;
  for (const auto line : lines_of(file.text)) {
    ++number;
    for (const auto& mark : marks) {
      if (has_word(line, mark)) findings.push_back({file.path, number, "a leftover " + mark});
    }
  }
  return findings;
}

std::vector<Finding> places(const SourceFile& file) {
  static const std::string folder = std::string("/wo") + "rk/";
  std::vector<Finding> findings;
  int number = 0;
  for (const auto line : lines_of(file.text)) {
    ++number;
    if (names_root_folder(line, folder)) findings.push_back({file.path, number, "names " + folder});
    for (const auto& host : registry_hosts()) {
      if (line.find(host) != std::string_view::npos) {
        findings.push_back({file.path, number, "names the package host " + host});
      }
    }
  }
  return findings;
}

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules{{"ImpureIncludes", impure_includes},
                                       {"ImpureCalls", impure_calls},
                                       {"ForeignIncludes", foreign_includes},
                                       {"LibrariesPastTheirDoor", libraries_past_their_door},
                                       {"HeadersWithoutProse", headers_without_prose},
                                       {"HeadersWithoutGuard", headers_without_guard},
                                       {"OverlongFiles", overlong_files},
                                       {"WideComments", wide_comments},
                                       {"Drawers", drawers},
                                       {"LeftoverMarks", leftover_marks},
                                       {"Places", places}};
  return rules;
}

}  // namespace foretide::tidy
