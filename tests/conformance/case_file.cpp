#include "tests/conformance/case_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "tests/conformance/wire_text.hpp"

namespace foretide::conformance {
namespace {

using StepKind = Step::Kind;
using CheckKind = Check::Kind;

constexpr std::array<std::pair<std::string_view, StepKind>, 11> kPlainSteps{{
    {"client ends writing", StepKind::kEndWriting},
    {"continue", StepKind::kContinue},
    {"upstream closes", StepKind::kUpstreamCloses},
    {"upstream resets", StepKind::kUpstreamResets},
    {"upstream is closed", StepKind::kUpstreamIsClosed},
    {"closed", StepKind::kClosed},
    {"again", StepKind::kAgain},
    {"again on a fresh upstream connection", StepKind::kAgainFresh},
    {"next", StepKind::kNext},
    {"next on a fresh upstream connection", StepKind::kNextFresh},
    {"next on the same upstream connection", StepKind::kNextSame},
}};

// What stands behind the words of a check.
enum class Rest { kNothing, kName, kNameAndValue, kBytes };
struct CheckWords {
  std::string_view words;
  CheckKind kind;
  Rest rest;
};
constexpr std::array<CheckWords, 14> kChecks{{
    {"field ", CheckKind::kField, Rest::kNameAndValue},
    {"has field ", CheckKind::kHasField, Rest::kName},
    {"no field ", CheckKind::kNoField, Rest::kName},
    {"field with ", CheckKind::kFieldHolds, Rest::kNameAndValue},
    {"body begins ", CheckKind::kBodyBegins, Rest::kBytes},
    {"body unread", CheckKind::kBodyUnread, Rest::kNothing},
    {"body ", CheckKind::kBody, Rest::kBytes},
    {"framing ", CheckKind::kFraming, Rest::kBytes},
    {"start ", CheckKind::kStart, Rest::kBytes},
    {"trailer ", CheckKind::kTrailer, Rest::kNameAndValue},
    {"no trailer ", CheckKind::kNoTrailer, Rest::kName},
    {"cut", CheckKind::kCut, Rest::kNothing},
    {"to HEAD", CheckKind::kToHead, Rest::kNothing},
    {"after 1xx", CheckKind::kAfterInterim, Rest::kNothing},
}};

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  // Empty, or what is wrong with it.
  std::string read_line(std::string_view line) {
    ++number_;
    const bool was_bytes = std::exchange(in_bytes_, false);
    if (line.starts_with('#')) return {};
    if (line.empty()) return {};
    if (take(line, "== ")) return begin_case(line);
    if (cases_.empty()) return "a case begins with == SECTION NAME";
    if (line.starts_with('>')) return read_bytes(line, StepKind::kSend, was_bytes);
    if (line.starts_with('<')) return read_bytes(line, StepKind::kAnswer, was_bytes);
    if (take(line, "  ")) return read_check(line);
    return read_step(line);
  }

  Result<std::vector<Case>> finish() && {
    for (const Case& one : cases_) {
      const auto same = [&](const Case& other) { return other.name == one.name; };
      if (std::count_if(cases_.begin(), cases_.end(), same) > 1) {
        return Error{at(one.line) + "two cases have the name '" + one.name + "'"};
      }
      if (one.steps.empty()) return Error{at(one.line) + "this case has no step"};
    }
    return std::move(cases_);
  }

  std::string at_line() const { return at(number_); }

 private:
  std::string at(int line) const { return path_ + ":" + std::to_string(line) + ": "; }

  std::string begin_case(std::string_view line) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return "== needs a section and a name";
    Case made;
    made.line = number_;
    made.section = line.substr(0, space);
    line.remove_prefix(space + 1);
    if (line.ends_with("[choice]")) {
      made.is_choice = true;
      line.remove_suffix(8);
    } else if (const auto at = line.find("[needs "); at != std::string_view::npos) {
      const std::string_view needs = line.substr(at + 7);
      if (needs != "upgrade]" && needs != "half-close]")
        return "no feature of a proxy: [needs " + std::string(needs);
      made.needs = needs.substr(0, needs.size() - 1);
      line = line.substr(0, at);
    }
    while (line.ends_with(' ')) line.remove_suffix(1);
    made.name = line;
    single_bytes_ = false;
    cases_.push_back(std::move(made));
    return {};
  }

  std::vector<Step>& steps() { return cases_.back().steps; }
  Step& add(StepKind kind) {
    Step step{.kind = kind,
              .line = number_,
              .bytes = {},
              .method = {},
              .target = {},
              .statuses = {},
              .checks = {}};
    steps().push_back(std::move(step));
    return steps().back();
  }

  // One line of bytes; consecutive ones are sent as one.
  std::string read_bytes(std::string_view line, StepKind kind, bool was_bytes) {
    in_bytes_ = true;
    line.remove_prefix(line.size() > 1 ? 2 : 1);
    const bool joined = was_bytes && !steps().empty() && steps().back().kind == kind;
    Step& step = joined ? steps().back() : add(kind);
    step.in_single_bytes = single_bytes_;
    std::size_t backslashes = 0;
    while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
    const bool unended = backslashes % 2 == 1;
    if (unended) line.remove_suffix(1);
    const auto bytes = bytes_of(line);
    if (!bytes) return bytes.error();
    step.bytes += *bytes;
    if (!unended) step.bytes += "\r\n";
    return {};
  }

  std::string read_statuses(std::string_view text, Step& step) {
    while (!text.empty()) {
      const auto bar = std::min(text.find('|'), text.size());
      const std::string_view word = text.substr(0, bar);
      int status = 0;
      if (word != "silence") {
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), status);
        if (error != std::errc{} || end != word.data() + word.size()) {
          return "'" + std::string(word) + "' is no status";
        }
      }
      step.statuses.push_back(status);
      text.remove_prefix(std::min(bar + 1, text.size()));
    }
    return step.statuses.empty() ? "a status is missing" : "";
  }

  std::string read_step(std::string_view line) {
    if (line == "in single bytes") {
      single_bytes_ = true;
      return {};
    }
    for (const auto& [words, kind] : kPlainSteps) {
      if (line == words) return add(kind), "";
    }
    if (take(line, "reject ")) return read_statuses(line, add(StepKind::kReject));
    if (take(line, "abort ")) return read_statuses(line, add(StepKind::kAbort));
    if (take(line, "client ")) return read_statuses(line, add(StepKind::kSee));
    if (take(line, "forward ")) {
      const auto space = line.find(' ');
      if (space == std::string_view::npos) return "forward needs a method and a target";
      Step& step = add(StepKind::kForward);
      step.method = line.substr(0, space);
      const auto target = bytes_of(line.substr(space + 1));
      if (!target) return target.error();
      step.target = *target;
      return {};
    }
    return "'" + std::string(line) + "' is no step";
  }

  std::string read_check(std::string_view line) {
    if (steps().empty()) return "a check needs a step before it";
    // The longest words first: "field with" before "field".
    const CheckWords* found = nullptr;
    for (const CheckWords& one : kChecks) {
      const bool fits =
          one.rest == Rest::kNothing ? line == one.words : line.starts_with(one.words);
      if (fits && (found == nullptr || one.words.size() > found->words.size())) found = &one;
    }
    if (found == nullptr && line == "body") {
      steps().back().checks.push_back({CheckKind::kBody, {}, {}});
      return {};
    }
    if (found == nullptr) return "'" + std::string(line) + "' is no check";
    line.remove_prefix(found->words.size());
    Check check{found->kind, {}, {}};
    if (found->rest == Rest::kName) check.name = line;
    if (found->rest == Rest::kNameAndValue) {
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) return "a field needs a colon";
      check.name = line.substr(0, colon);
      line.remove_prefix(colon + 1);
      take(line, " ");
    }
    if (found->rest != Rest::kName) {
      const auto bytes = bytes_of(line);
      if (!bytes) return bytes.error();
      check.value = *bytes;
    }
    steps().back().checks.push_back(std::move(check));
    return {};
  }

  const std::string& path_;
  int number_ = 0;
  bool in_bytes_ = false;
  bool single_bytes_ = false;
  std::vector<Case> cases_;
};

}  // namespace

bool Case::is_response_case() const {
  return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
    return step.kind == StepKind::kAnswer || step.kind == StepKind::kUpstreamCloses ||
           step.kind == StepKind::kUpstreamResets;
  });
}

Result<std::vector<Case>> parse_cases(std::string_view text, const std::string& path) {
  Reader reader(path);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string trouble = reader.read_line(text.substr(0, end));
    if (!trouble.empty()) return Error{reader.at_line() + trouble};
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(reader).finish();
}

}  // namespace foretide::conformance
