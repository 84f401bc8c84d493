#include "deploy/cli/status_watch.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <thread>

#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kPeriod{250};
constexpr seconds kPlainPeriod{2};  // between two lines where there is no terminal
constexpr seconds kRateWindow{3};
constexpr seconds kSilenceMax{30};         // then the watch gives up
constexpr std::size_t kServicesAsked = 4;  // whose decisions are shown: who decided last
constexpr std::size_t kDecisionsKept = 40;

json last_change(const json& service) {
  const json decision = service.value("last_decision", json());
  return decision.is_object() ? decision.value("at", json()) : json();
}

// Short waits in which an end is noticed at once.
void pause_until(steady_clock::time_point moment, const std::function<bool()>& ended) {
  while (!ended() && steady_clock::now() < moment) {
    std::this_thread::sleep_for(milliseconds(25));
  }
}

}  // namespace

StatusFollower::StatusFollower(const AdminClient& admin) : admin_(admin) {
  picture_.utf8 = speaks_utf8();
}

Outcome StatusFollower::refresh() {
  Result<json> status = admin_.get("/v1/status");
  if (!status) return Error{status.error()};
  const auto now = steady_clock::now();
  picture_.status = std::move(*status);
  past_.emplace_back(now, picture_.status);
  while (past_.size() > 2 && now - past_.front().first > kRateWindow) past_.pop_front();
  picture_.rates = rates_between(past_.front().second, picture_.status, now - past_.front().first);
  learn_decisions();
  return Done{};
}

void StatusFollower::learn_decisions() {
  std::vector<json> all;
  std::vector<json> services = list_in(picture_.status, "services");
  std::ranges::stable_sort(
      services, [](const json& a, const json& b) { return last_change(b) < last_change(a); });
  if (services.size() > kServicesAsked) services.resize(kServicesAsked);
  for (const json& service : services) {
    const std::string name = text_in(service, "name");
    const Result<json> answer = admin_.get("/v1/services/" + name + "/decisions?limit=30");
    if (!answer) continue;
    for (json decision : list_in(*answer, "decisions")) {
      if (count_in(decision, "from") == count_in(decision, "to")) continue;
      decision["service"] = name;
      all.push_back(std::move(decision));
    }
  }
  const auto moment = [](const json& decision) {
    return decision.contains("at") ? decision["at"] : json();
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const json& a, const json& b) { return moment(b) < moment(a); });
  if (all.size() > kDecisionsKept) all.resize(kDecisionsKept);
  picture_.decisions = std::move(all);
}

std::string StatusFollower::plain_line() const {
  std::string text;
  for (const json& service : list_in(picture_.status, "services")) {
    if (!text.empty()) text += "; ";
    text += text_in(service, "name") + ": demand " + number_text(number_in(service, "demand")) +
            ", forecast " + number_text(number_in(service, "forecast")) + ", workers " +
            std::to_string(count_in(service, "ready")) + " ready " +
            std::to_string(count_in(service, "starting")) + " starting " +
            std::to_string(count_in(service, "draining")) + " draining " +
            std::to_string(count_in(service, "failing")) + " failing, served " +
            count_text(service, "completed_total") + ", failed " +
            count_text(service, "failed_total");
    if (const std::string why = text_in(service, "no_place"); !why.empty()) {
      text += ", no place: " + why;
    }
  }
  std::map<std::string, std::size_t> by_node;
  for (const json& node : list_in(picture_.status, "nodes")) by_node[text_in(node, "name")] = 0;
  for (const json& service : list_in(picture_.status, "services")) {
    for (const json& worker : list_in(service, "workers")) ++by_node[text_in(worker, "node")];
  }
  for (const auto& [node, count] : by_node) text += ", " + node + " " + std::to_string(count);
  return text;
}

int watch_status(const AdminClient& admin, const std::function<bool()>& ended,
                 const std::function<void(const StatusPicture&)>& seen,
                 const std::function<std::vector<Line>()>& foot) {
  StatusFollower follower(admin);
  std::unique_ptr<LiveScreen> screen;
  std::string trouble, printed_decision;
  auto heard = steady_clock::now();
  while (!ended()) {
    const auto begun = steady_clock::now();
    const Outcome outcome = follower.refresh();
    if (outcome) {
      heard = begun;
      seen(follower.picture());
    }
    if (begun - heard > kSilenceMax || (!outcome && follower.picture().status.is_null())) {
      screen.reset();
      std::fprintf(stderr, "foretide: %s\n", outcome.error().c_str());
      return kFailed;
    }
    if (is_terminal()) {
      if (!screen) screen = std::make_unique<LiveScreen>();
      std::vector<Line> below = foot();
      if (!outcome)
        below.push_back({{"the coordinator does not answer; asking again", Style::kRed}});
      TerminalSize size = terminal_size();
      size.rows -= std::min(size.rows, below.size());
      std::vector<Line> lines = lines_for(follower.picture(), size);
      lines.insert(lines.end(), below.begin(), below.end());
      screen->show(lines);
      pause_until(begun + kPeriod, ended);
      continue;
    }
    const auto& decisions = follower.picture().decisions;
    const std::string newest = decisions.empty() ? "" : decisions.front().dump();
    if (newest != printed_decision) {
      printed_decision = newest;
      std::printf("  why: %s\n", text_of(decision_line(decisions.front()), 400, false).c_str());
    }
    std::printf("%s\n", outcome ? follower.plain_line().c_str() : outcome.error().c_str());
    std::fflush(stdout);
    pause_until(begun + kPlainPeriod, ended);
  }
  return kDone;
}

}  // namespace foretide::cli
