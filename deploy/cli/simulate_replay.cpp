#include "deploy/cli/simulate_replay.hpp"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "common/io/clock.hpp"
#include "common/rfc3339.hpp"
#include "coordinator/core/replay.hpp"
#include "deploy/cli/moment_option.hpp"
#include "deploy/cli/replay_chunks.hpp"
#include "deploy/cli/replay_tally.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using coordinator::OtherSettings;
using coordinator::Replay;

// What came of it, and what could not take part.
struct ReplayedService {
  ReplayTally tally;
  ReplayChunks chunks;
  std::uint64_t passed_over = 0, other_version = 0, begun = 0, set_otherwise = 0;
  std::string version;  // of what was left out
};

OtherSettings others_in(const SimulateOptions& options) {
  OtherSettings others;
  if (options.shortage_given) others.shortage = shortage_in(options.shortages.front());
  if (options.min_given) others.min = options.settings.workers_min;
  if (options.max_given) others.max = options.settings.workers_max;
  return others;
}

std::string others_text(const SimulateOptions& options) {
  std::string text;
  if (options.shortage_given) text += " --shortage " + options.shortages.front();
  if (options.min_given) text += " --min " + std::to_string(options.settings.workers_min);
  if (options.max_given) text += " --max " + std::to_string(options.settings.workers_max);
  return text.empty() ? text : text.substr(1);
}

Result<ReplayedService> replayed_service(const SimulateOptions& options) {
  Result<AdminClient> admin = AdminClient::open(options.access);
  if (!admin) return Error{admin.error()};
  admin->set_timeout(std::chrono::seconds(30));
  const std::string& service = options.from_history;
  auto recorded = recorded_decisions(*admin, service, wall_now() - std::chrono::hours(25));
  if (!recorded) return Error{recorded.error()};
  ReplayedService it{.tally = ReplayTally(std::move(*recorded)), .chunks = {}, .version = {}};
  Replay replay(ServiceId{service}, others_in(options));
  const Outcome done =
      each_recorded_chunk(*admin, service, [&](const RecordedChunk& recorded_chunk) -> Outcome {
        if (recorded_chunk.version != program_version()) {
          ++it.other_version;
          it.version = recorded_chunk.version;
          return Done{};
        }
        const auto played = replay.play(recorded_chunk.chunk);
        if (!played) {
          it.chunks.add_unreadable(recorded_chunk.chunk, played.error());
          return Done{};
        }
        it.chunks.add(recorded_chunk.chunk);
        it.tally.add(*played, replay.begun() != it.begun);
        it.begun = replay.begun();
        return Done{};
      });
  if (!done) return Error{done.error()};
  it.passed_over = replay.passed_over();
  it.set_otherwise = replay.set_otherwise();
  return it;
}

void print_left_out(const ReplayedService& it) {
  if (it.begun > 1) {
    std::printf("The coordinator began anew, or the record has gaps: %llu stretches.\n",
                static_cast<unsigned long long>(it.begun));
  }
  if (it.passed_over > 0) {
    std::printf("%llu moments were passed over: what led to them is not recorded.\n",
                static_cast<unsigned long long>(it.passed_over));
  }
  if (const std::string text = it.chunks.text(); !text.empty()) std::printf("%s.\n", text.c_str());
  if (it.other_version > 0) {
    std::printf("%llu minutes were left out: version %s recorded them, this is %s.\n",
                static_cast<unsigned long long>(it.other_version), it.version.c_str(),
                program_version());
  }
}

void print_row(const std::string& what, const NumbersAsked& asked) {
  std::printf("%-36s %8llu %15.2f %6u\n", what.c_str(),
              static_cast<unsigned long long>(asked.changes), asked.mean(), asked.most);
}

void print_others(const SimulateOptions& options, const ReplayTally& tally) {
  std::printf("%-36s %8s %15s %6s\n", "", "changes", "workers, mean", "most");
  print_row("as it was", tally.was());
  print_row("with " + others_text(options), tally.now());
}

void print_same(const ReplayTally& tally) {
  std::printf("%llu of %llu moments and %llu of %llu recorded decisions came out as they were\n",
              static_cast<unsigned long long>(tally.moments_same()),
              static_cast<unsigned long long>(tally.moments()),
              static_cast<unsigned long long>(tally.decisions_same()),
              static_cast<unsigned long long>(tally.decisions()));
  if (!tally.first()) return;
  std::printf("the first that did not, at %s:\n  recorded  %s\n  now       %s\n",
              rfc3339_text(tally.first()->at).c_str(), tally.first()->recorded.c_str(),
              tally.first()->now.c_str());
}

nlohmann::json json_of(const NumbersAsked& asked) {
  return {{"changes", asked.changes}, {"workers_mean", asked.mean()}, {"workers_most", asked.most}};
}

void print_json_of(const SimulateOptions& options, const ReplayedService& it) {
  const ReplayTally& tally = it.tally;
  nlohmann::json json{{"service", options.from_history},
                      {"begin", rfc3339_text(tally.begin())},
                      {"end", rfc3339_text(tally.end())},
                      {"moments", tally.moments()},
                      {"moments_passed_over", it.passed_over},
                      {"as_it_was", json_of(tally.was())},
                      {"stretches", it.begun},
                      {"chunks", it.chunks.count()},
                      {"chunks_unreadable", it.chunks.unreadable()},
                      {"unreadable", it.chunks.json()}};
  if (const std::string others = others_text(options); !others.empty()) {
    json["with"] = others;
    json["would_be"] = json_of(tally.now());
  } else {
    json["moments_same"] = tally.moments_same();
    json["decisions"] = tally.decisions();
    json["decisions_same"] = tally.decisions_same();
    json["first_difference"] = nullptr;
    if (const auto& first = tally.first()) {
      json["first_difference"] = {
          {"at", rfc3339_text(first->at)}, {"recorded", first->recorded}, {"now", first->now}};
    }
  }
  std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace

int simulate_replay(const SimulateOptions& options) {
  const Result<ReplayedService> it = replayed_service(options);
  if (!it) {
    std::fprintf(stderr, "foretide: %s\n", it.error().c_str());
    return kFailed;
  }
  const ReplayTally& tally = it->tally;
  if (tally.moments() == 0) {
    const std::string unreadable = it->chunks.text();
    std::fprintf(stderr, "foretide: nothing is recorded of %s that could be decided again yet%s\n",
                 options.from_history.c_str(),
                 (unreadable.empty() ? unreadable : "; " + unreadable).c_str());
    return kFailed;
  }
  const bool has_others = others_in(options).any();
  if (options.json) {
    print_json_of(options, *it);
  } else {
    std::printf("%s, from %s to %s:\n", options.from_history.c_str(),
                local_text(tally.begin()).c_str(), local_text(tally.end()).c_str());
    if (has_others) {
      print_others(options, tally);
    } else {
      print_same(tally);
    }
    print_left_out(*it);
  }
  return has_others || tally.all_same() ? kDone : kFailed;
}

}  // namespace foretide::cli
