#include "agent/io/launch.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <string_view>

#include "agent/io/proc_tree.hpp"

namespace foretide::agent {
namespace {

constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t kSecretBytesMax = 64 * 1024;
constexpr std::size_t kPasswdBytes = 16 * 1024;

using Environment = std::map<std::string, std::string>;

Result<std::string> value_of(std::string_view reference) {
  if (reference.starts_with("env:")) {
    const std::string name(reference.substr(4));
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) {
      return Error{"${env:" + name + "}: the agent's environment has no " + name};
    }
    return std::string(value);
  }
  const std::string path(reference.substr(5));
  Result<std::string> text = read_text(path, kSecretBytesMax);
  if (!text) return Error{"${file:" + path + "}: " + text.error()};
  if (text->size() == kSecretBytesMax) return Error{"${file:" + path + "}: is longer than 64 KiB"};
  if (text->ends_with('\n')) text->pop_back();
  if (text->find('\0') != std::string::npos)
    return Error{"${file:" + path + "}: holds a zero byte"};
  return text;
}

Result<RunAs> user_named(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, kPasswdBytes> text{};
  getpwnam_r(name.c_str(), &entry, text.data(), text.size(), &found);
  if (found == nullptr) return Error{"there is no user `" + name + "` on this host"};
  RunAs run_as{name, entry.pw_uid, entry.pw_gid, {}, entry.pw_dir};
  int count = 64;
  run_as.groups.resize(static_cast<std::size_t>(count));
  if (getgrouplist(name.c_str(), entry.pw_gid, run_as.groups.data(), &count) < 0) {
    run_as.groups.resize(static_cast<std::size_t>(count));
    getgrouplist(name.c_str(), entry.pw_gid, run_as.groups.data(), &count);
  }
  run_as.groups.resize(static_cast<std::size_t>(count));
  return run_as;
}

// Nothing when the worker stays the agent's own user.
Result<std::optional<RunAs>> run_as_for(const WorkerSpec& spec, bool same_user) {
  const bool is_root = geteuid() == 0;
  if (spec.user.empty() && (same_user || !is_root)) return std::optional<RunAs>{};
  Result<RunAs> run_as = user_named(spec.user.empty() ? "nobody" : spec.user);
  if (!run_as) return Error{run_as.error()};
  if (run_as->user == geteuid()) return std::optional<RunAs>{};
  if (!is_root || same_user) {
    return Error{"the worker is to run as `" + run_as->name + "`, but this agent " +
                 (is_root ? "is set to run workers as its own user (`user: same`)"
                          : "is not root and can only run workers as its own user")};
  }
  return std::optional<RunAs>{std::move(*run_as)};
}

bool is_the_agents_own(std::string_view name) {
  constexpr std::array<std::string_view, 7> kOwn = {
      "NOTIFY_SOCKET",  "WATCHDOG_USEC", "WATCHDOG_PID", "INVOCATION_ID",
      "JOURNAL_STREAM", "LISTEN_FDS",    "LISTEN_PID"};
  if (name.starts_with("FORETIDE_")) return true;
  for (const std::string_view own : kOwn) {
    if (name == own) return true;
  }
  return false;
}

Environment inherited(const std::optional<RunAs>& run_as) {
  Environment env;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    const bool harmless =
        name == "PATH" || name == "LANG" || name == "TZ" || name.starts_with("LC_");
    if (run_as ? !harmless : is_the_agents_own(name)) continue;
    env[std::string(name)] = text.substr(equals + 1);
  }
  if (run_as) {
    env["HOME"] = run_as->home;
    env["USER"] = env["LOGNAME"] = run_as->name;
  }
  env.try_emplace("PATH", kDefaultPath);
  return env;
}

// A command with a slash is taken as it is (relative: to the workdir); another is looked for in
// PATH, whose empty and relative entries are not followed.
std::vector<std::string> candidates_for(const std::string& command, std::string_view path) {
  if (command.find('/') != std::string::npos) return {command};
  std::vector<std::string> candidates;
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    const std::string_view folder = path.substr(0, colon);
    if (folder.starts_with('/')) candidates.push_back(std::string(folder) + "/" + command);
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
  }
  return candidates;
}

}  // namespace

Result<std::string> resolved(const std::string& text) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t at = rest.find("${");
    out.append(rest.substr(0, at));
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at);
    const std::size_t end = rest.find('}');
    const std::string_view inner =
        end == std::string_view::npos ? std::string_view{} : rest.substr(2, end - 2);
    if (!inner.starts_with("file:") && !inner.starts_with("env:")) {
      out.append("${");
      rest.remove_prefix(2);
      continue;
    }
    const Result<std::string> value = value_of(inner);
    if (!value) return Error{value.error()};
    out.append(*value);
    rest.remove_prefix(end + 1);
  }
  return out;
}

Result<Launch> launch_for(const WorkerSpec& spec, const Placeholders& with, const std::string& mark,
                          bool same_user) {
  if (spec.argv.empty() || spec.argv.front().empty()) return Error{"its command is empty"};
  Result<std::optional<RunAs>> run_as = run_as_for(spec, same_user);
  if (!run_as) return Error{run_as.error()};
  Launch launch;
  launch.run_as = std::move(*run_as);
  launch.workdir = spec.workdir;
  for (const std::string& word : spec.argv) {
    Result<std::string> text = resolved(filled(word, with));
    if (!text) return Error{text.error()};
    launch.argv.push_back(std::move(*text));
  }
  Environment env = inherited(launch.run_as);
  env["HOST"] = with.host;
  env["PORT"] = std::to_string(with.port);
  for (const auto& [name, value] : spec.env) {
    Result<std::string> text = resolved(filled(value, with));
    if (!text) return Error{name + ": " + text.error()};
    env[name] = std::move(*text);
  }
  env[kIdVariable] = with.id.text;
  env[kMarkVariable] = mark;
  launch.candidates = candidates_for(launch.argv.front(), env["PATH"]);
  for (const auto& [name, value] : env) launch.env.push_back(name + "=" + value);
  return launch;
}

}  // namespace foretide::agent
