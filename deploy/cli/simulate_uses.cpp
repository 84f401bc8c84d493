#include "deploy/cli/simulate_uses.hpp"

#include <cstdint>

#include "deploy/cli/simulate_options.hpp"

namespace foretide::cli {
namespace {

enum : std::uint8_t { kOurs = 1, kOthers = 2, kCompare = 4, kReplay = 8 };
enum : std::uint8_t { kTrace = 1, kHistory = 2 };
constexpr std::uint8_t kPlays = kOurs | kOthers | kCompare, kAll = kPlays | kReplay;
constexpr std::uint8_t kBoth = kTrace | kHistory;

struct Use {
  const char* option;
  std::uint8_t ways, sources;
  const char* advice;  // where it is given elsewhere, but for --replay
};
constexpr Use kUses[] = {
    {"--replay", kReplay, kHistory, "makes recorded decisions again: it wants --from-history"},
    {"--trace", kPlays, kTrace, ""},
    {"--from-history", kAll, kHistory, ""},
    {"--grain", kPlays, kHistory,
     "is how finely a recorded history is read; a trace says its own step: leave it out"},
    {"--admin", kAll, kHistory, "asks a coordinator, a trace needs none: leave it out"},
    {"--admin-token-file", kAll, kHistory, "asks a coordinator, a trace needs none: leave it out"},
    {"--capacity", kPlays, kBoth, ""},
    {"--start-time", kPlays, kBoth, ""},
    {"--min", kAll, kBoth, ""},
    {"--max", kAll, kBoth, ""},
    {"--shortage", kOurs | kCompare | kReplay, kBoth,
     "is a goal of Foretide's own rules, which others do not know: give their --target in its "
     "place, or leave --algorithm out"},
    {"--predict", kOurs | kCompare, kBoth,
     "is about Foretide's own rules: leave it or --algorithm out"},
    {"--algorithm", kOurs | kOthers, kBoth, "names one, and --compare runs all: leave one out"},
    {"--target", kOthers, kBoth,
     "is another algorithm's: name that by --algorithm, such as hpa (Foretide's own goal is "
     "--shortage, and --compare finds the others' targets itself)"},
    {"--compare", kCompare, kBoth, ""},
    {"--decisions", kPlays, kBoth, ""},
    {"--plot", kPlays, kBoth, ""},
    {"--json", kAll, kBoth, ""}};

std::uint8_t way_of(const SimulateOptions& options) {
  if (options.replay) return kReplay;
  if (options.compare) return kCompare;
  return options.is_ours() ? kOurs : kOthers;
}

}  // namespace

std::set<std::string> options_with_a_use() {
  std::set<std::string> names;
  for (const Use& use : kUses) names.insert(use.option);
  return names;
}

Outcome check_uses(const SimulateOptions& options) {
  const std::uint8_t way = way_of(options);
  const std::uint8_t source = options.from_history.empty() ? kTrace : kHistory;
  for (const Use& use : kUses) {
    if (!options.given.contains(use.option)) continue;
    const std::string option = use.option;
    if ((use.sources & source) == 0) return Error{option + " " + use.advice};
    if ((use.ways & way) != 0) continue;
    if (way != kReplay) return Error{option + " " + use.advice};
    return Error{option +
                 " plays no part in --replay, which makes recorded decisions again of what they "
                 "were made of: leave it out (other --shortage, --min and --max can be tried)"};
  }
  return Done{};
}

}  // namespace foretide::cli
