#include "agent/io/worker_records.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "agent/io/proc_tree.hpp"
#include "common/io/descriptor.hpp"

namespace foretide::agent {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::size_t kRecordBytesMax = 4 * 1024 * 1024;
constexpr int kVersion = 1;

json json_of(const WorkerSpec& spec) {
  return {{"argv", spec.argv},
          {"env", spec.env},
          {"workdir", spec.workdir},
          {"user", spec.user},
          {"cpus", spec.needs.cpus},
          {"memory_bytes", spec.needs.memory_bytes},
          {"probe_http", spec.start.kind == ProbeSpec::Kind::kHttp},
          {"probe_path", spec.start.path},
          {"probe_timeout_ms", spec.start.timeout.count()},
          {"stop_drain_ms", spec.stop.drain.count()},
          {"stop_signal", spec.stop.signal},
          {"stop_grace_ms", spec.stop.grace.count()}};
}

WorkerSpec spec_in(const json& from) {
  WorkerSpec spec;
  from.at("argv").get_to(spec.argv);
  from.at("env").get_to(spec.env);
  from.at("workdir").get_to(spec.workdir);
  from.at("user").get_to(spec.user);
  from.at("cpus").get_to(spec.needs.cpus);
  from.at("memory_bytes").get_to(spec.needs.memory_bytes);
  spec.start.kind =
      from.at("probe_http").get<bool>() ? ProbeSpec::Kind::kHttp : ProbeSpec::Kind::kTcp;
  from.at("probe_path").get_to(spec.start.path);
  spec.start.timeout = milliseconds(from.at("probe_timeout_ms").get<std::int64_t>());
  spec.stop.drain = milliseconds(from.at("stop_drain_ms").get<std::int64_t>());
  from.at("stop_signal").get_to(spec.stop.signal);
  spec.stop.grace = milliseconds(from.at("stop_grace_ms").get<std::int64_t>());
  return spec;
}

std::int64_t count_of(Instant instant) {
  return instant.time_since_epoch().count();
}

Instant instant_in(const json& from) {
  return Instant(Duration(from.get<std::int64_t>()));
}

LifeStep step_in(const json& from) {
  const int step = from.get<int>();
  if (step < static_cast<int>(LifeStep::kSpawning) || step > static_cast<int>(LifeStep::kRefused)) {
    throw json::other_error::create(501, "unknown step " + std::to_string(step), nullptr);
  }
  return static_cast<LifeStep>(step);
}

WorkerRecord record_of(const json& from) {
  WorkerRecord record;
  if (from.at("version").get<int>() != kVersion) {
    throw json::other_error::create(501, "unknown version", nullptr);
  }
  WorkerLife& life = record.life;
  from.at("boot_id").get_to(record.boot_id);
  from.at("mark").get_to(record.mark);
  from.at("id").get_to(life.id.text);
  from.at("service").get_to(life.service.text);
  from.at("release").get_to(life.release.text);
  life.spec = spec_in(from.at("spec"));
  life.order = from.at("stop").get<bool>() ? wire::WorkerOrder::kStop : wire::WorkerOrder::kRun;
  life.step = step_in(from.at("step"));
  from.at("host").get_to(life.host);
  from.at("port").get_to(life.port);
  from.at("pid").get_to(life.pid);
  from.at("start_ticks").get_to(life.start_ticks);
  life.since = instant_in(from.at("since_ns"));
  life.started = instant_in(from.at("started_ns"));
  if (from.contains("start_time_ns")) {
    life.start_time = Duration(from.at("start_time_ns").get<std::int64_t>());
  }
  from.at("was_ready").get_to(life.was_ready);
  from.at("incarnations").get_to(life.incarnations);
  from.at("failures").get_to(life.failures);
  from.at("reason").get_to(life.reason);
  from.at("last_output").get_to(life.last_output);
  if (from.contains("exit_code") || from.contains("exit_signal") || from.contains("exit_unknown")) {
    life.last_exit.emplace();
    if (from.contains("exit_code")) life.last_exit->code = from.at("exit_code").get<int>();
    if (from.contains("exit_signal")) life.last_exit->signal = from.at("exit_signal").get<int>();
  }
  return record;
}

// Readers find the former text or this one, never a part.
Outcome replace_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  const Descriptor file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                             S_IRUSR | S_IWUSR));
  const auto failed = [&] { return Error{"cannot write " + path + ": " + std::strerror(errno)}; };
  if (!file) return failed();
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t put = write(file.get(), text.data() + written, text.size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed();
    written += static_cast<std::size_t>(put);
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) return failed();
  return Done{};
}

}  // namespace

bool is_plain(const WorkerId& id) {
  const std::string& text = id.text;
  return !text.empty() && text.size() <= 128 && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

std::string text_of(const WorkerRecord& record) {
  const WorkerLife& life = record.life;
  json to = {{"version", kVersion},
             {"boot_id", record.boot_id},
             {"mark", record.mark},
             {"id", life.id.text},
             {"service", life.service.text},
             {"release", life.release.text},
             {"spec", json_of(life.spec)},
             {"stop", life.order == wire::WorkerOrder::kStop},
             {"step", static_cast<int>(life.step)},
             {"host", life.host},
             {"port", life.port},
             {"pid", life.pid},
             {"start_ticks", life.start_ticks},
             {"since_ns", count_of(life.since)},
             {"started_ns", count_of(life.started)},
             {"was_ready", life.was_ready},
             {"incarnations", life.incarnations},
             {"failures", life.failures},
             {"reason", life.reason},
             {"last_output", life.last_output}};
  if (life.start_time) to["start_time_ns"] = life.start_time->count();
  if (life.last_exit) {
    if (life.last_exit->code) to["exit_code"] = *life.last_exit->code;
    if (life.last_exit->signal) to["exit_signal"] = *life.last_exit->signal;
    if (!life.last_exit->code && !life.last_exit->signal) to["exit_unknown"] = true;
  }
  return to.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<WorkerRecord> record_in(const std::string& text) {
  try {
    return record_of(json::parse(text));
  } catch (const json::exception& problem) {
    return Error{problem.what()};
  }
}

Result<WorkerRecords> WorkerRecords::open(const std::string& state) {
  const std::string folder = state + "/workers";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return Error{"cannot make the folder " + folder + ": " + error.message()};
  return WorkerRecords(state, folder);
}

Outcome WorkerRecords::write(const WorkerRecord& record) const {
  if (!is_plain(record.life.id))
    return Error{"the worker id `" + record.life.id.text + "` is no plain name"};
  return replace_file(folder_ + "/" + record.life.id.text + ".json", text_of(record));
}

Outcome WorkerRecords::remove(const WorkerId& id) const {
  const std::string path = folder_ + "/" + id.text + ".json";
  if (!is_plain(id)) return Error{"the worker id `" + id.text + "` is no plain name"};
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return Error{"cannot remove " + path + ": " + std::strerror(errno)};
  }
  return Done{};
}

WorkerRecords::Found WorkerRecords::read_all() const {
  Found found;
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    const Result<std::string> text = read_text(path, kRecordBytesMax);
    Result<WorkerRecord> record =
        text ? record_in(*text) : Result<WorkerRecord>(Error{text.error()});
    if (record && std::filesystem::path(path).stem() != record->life.id.text) {
      record = Error{"is about another worker, " + record->life.id.text};
    }
    if (record) {
      found.records.push_back(std::move(*record));
    } else {
      found.problems.push_back(path + ": " + record.error());
      found.unreadable.push_back({std::filesystem::path(path).stem().string()});
    }
  }
  return found;
}

Outcome WorkerRecords::write_memory(const NodeMemory& memory) const {
  const json to = {{"version", kVersion},
                   {"highest_epoch", memory.highest_epoch},
                   {"given_up_ports", memory.given_up_ports},
                   {"address", memory.address}};
  return replace_file(state_ + "/node.json", to.dump() + "\n");
}

NodeMemory WorkerRecords::read_memory() const {
  const Result<std::string> text = read_text(state_ + "/node.json", kRecordBytesMax);
  if (!text) return {};
  try {
    const json from = json::parse(*text);
    return {from.at("highest_epoch").get<std::uint64_t>(),
            from.at("given_up_ports").get<std::vector<std::uint16_t>>(),
            from.at("address").get<std::string>()};
  } catch (const json::exception&) {
    return {};
  }
}

}  // namespace foretide::agent
