#include "deploy/cli/terminal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/settings/command_words.hpp"
#include "deploy/cli/command_text.hpp"
#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/status_view.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(Text, IsMeasuredAndCutByWhatIsSeen) {
  EXPECT_EQ(width_of("wörk█"), 5u);
  EXPECT_EQ(padded("█", 3), "█  ");
  EXPECT_EQ(padded("█████", 3), "███");
  EXPECT_EQ(padded_left("7", 3), "  7");
  EXPECT_EQ(width_of(text_of({{"abc"}, {"defgh"}}, 5, false)), 5u);
}

TEST(Text, CarriesColoursOnlyWhereTheyAreWanted) {
  const Line line{{"bad", Style::kRed}};
  EXPECT_EQ(text_of(line, 80, false), "bad");
  EXPECT_EQ(text_of(line, 80, true), "\x1b[31mbad\x1b[0m");
}

TEST(Text, OfOthersCannotSteerTheTerminal) {
  EXPECT_EQ(text_of({{"a\x1b[2Jb\nc\x7f"}}, 80, false), "a [2Jb c ");
}

std::vector<std::string> wrapped_texts(const Line& line, std::size_t columns, std::size_t indent) {
  std::vector<std::string> texts;
  for (const Line& part : wrapped(line, columns, indent)) {
    texts.push_back(text_of(part, std::string::npos, false));
  }
  return texts;
}

TEST(Text, IsWrappedBetweenWords) {
  using testing::ElementsAre;
  EXPECT_THAT(wrapped_texts({{"one two three"}}, 40, 4), ElementsAre("one two three"));
  EXPECT_THAT(wrapped_texts({{"one two"}, {" three"}}, 9, 2), ElementsAre("one two", "  three"));
  EXPECT_THAT(wrapped_texts({{"wörk wörk"}}, 4, 0), ElementsAre("wörk", "wörk"));
  // A word that is longer than a line has to be broken, and what is too narrow is not indented.
  EXPECT_THAT(wrapped_texts({{"a longer-word"}}, 6, 4), ElementsAre("a", "longer", "-word"));
  EXPECT_THAT(wrapped_texts({}, 6, 2), ElementsAre(""));
}

json status() {
  return json::parse(R"({"cluster": "home", "epoch": 3, "uptime_s": 75.5,
    "services": [{"name": "web", "desired": 3, "ready": 2, "starting": 1, "draining": 0,
      "demand": 7.25, "forecast": 11.0, "capacity_per_worker": 4.0, "arrivals_total": 1000,
      "completed_total": 990, "failed_total": 0, "refused_total": 0, "held": 2, "in_flight": 8,
      "workers": [{"id": "web-3-1", "node": "node-a", "state": "ready"},
                  {"id": "web-3-2", "node": "node-b", "state": "ready"},
                  {"id": "web-3-3", "node": "node-b", "state": "starting"}]}],
    "nodes": [{"name": "node-a", "state": "live", "cpu_usage": 0.25},
              {"name": "node-b", "state": "lost"}],
    "balancers": [{"name": "edge", "state": "live"}],
    "notices": [{"at": "2026-01-01T00:00:00.000Z", "text": "node-b is silent"}]})");
}

std::string shown(const StatusPicture& picture, TerminalSize size) {
  std::string all;
  for (const Line& line : lines_for(picture, size))
    all += text_of(line, size.columns, false) + "\n";
  return all;
}

TEST(StatusView, ShowsWhatMattersOnOneScreen) {
  StatusPicture picture;
  picture.status = status();
  picture.utf8 = false;
  picture.rates["web"] = 42;
  picture.decisions = {json::parse(
      R"({"at": "2026-01-01T00:00:00Z", "service": "web", "from": 2, "to": 3,
          "rule": "predicted", "reason": "forecast 11.0 needs 3 workers of 4"})")};
  const std::string text = shown(picture, {80, 24});
  for (const char* part :
       {"home", "epoch 3", "1m15s", "7.2", "11.0", "ready 2", "starting 1", "990 served", "(42/s)",
        "0 failed", "8 in flight, 2 held", "node-a", "node-b", "#+", "lost", "2 -> 3",
        "predicted: forecast 11.0", "node-b is silent"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

StatusPicture picture_of(json of_status) {
  StatusPicture picture;
  picture.status = std::move(of_status);
  picture.utf8 = false;
  return picture;
}

TEST(StatusView, ShowsTheWholeReasonOnANarrowScreen) {
  StatusPicture picture = picture_of(status());
  picture.decisions = {json::parse(
      R"({"at": "2026-01-01T00:00:00Z", "service": "web", "from": 2, "to": 3, "rule": "stable",
          "reason": "the largest load of the last 60 s, 11.25, needs 3 workers of 4 each"})")};
  const std::string text = shown(picture, {80, 40});
  EXPECT_THAT(text, HasSubstr("needs 3"));
  EXPECT_THAT(text, HasSubstr("of 4 each\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("~")));
}

TEST(StatusView, ShowsFailingWorkersOnlyWhereThereAreSome) {
  json one = status();
  EXPECT_THAT(shown(picture_of(one), {80, 24}), testing::Not(HasSubstr("failing 0")));
  one["services"][0]["failing"] = 2;
  EXPECT_THAT(shown(picture_of(one), {80, 24}), HasSubstr("desired 3, failing 2, 4 per worker\n"));
}

TEST(StatusView, TellsWhyThereIsNoPlace) {
  json one = status();
  one["services"][0]["no_place"] = nullptr;
  EXPECT_THAT(shown(picture_of(one), {80, 24}), testing::Not(HasSubstr("no place")));
  one["services"][0]["no_place"] = "node-a has 1.0 of the 2 cpus that it needs";
  EXPECT_THAT(shown(picture_of(one), {80, 24}),
              HasSubstr("no place: node-a has 1.0 of the 2 cpus"));
}

TEST(StatusView, SaysThatAServiceIsPausedOrItsStartsAreStopped) {
  json one = status();
  one["services"][0]["pause"] = {{"direction", "down"}, {"expires_in_s", 7140.0}};
  one["services"][0]["starts_stopped"] = {
      {"text", "starts stopped: 3 of the last 5 starts of release 3f2a failed"}};
  const std::string both = shown(picture_of(one), {80, 24});
  EXPECT_THAT(both, HasSubstr("paused downwards for 1h59m more: no rule removes workers"));
  EXPECT_THAT(both, HasSubstr("starts stopped: 3 of the last 5 starts of release 3f2a"));
  one["services"][0]["pause"] = {{"direction", "both"}, {"expires_in_s", nullptr}};
  EXPECT_THAT(shown(picture_of(one), {80, 24}),
              HasSubstr("paused: no rule changes the number of workers"));
}

TEST(StatusView, ShowsCountsThatNobodyReportedYetAsUnknown) {
  json one = status();
  for (const char* key : {"arrivals_total", "completed_total", "failed_total", "refused_total"}) {
    one["services"][0][key] = nullptr;
  }
  EXPECT_THAT(shown(picture_of(one), {80, 24}), HasSubstr("- served, - failed, - refused"));
}

TEST(StatusView, SaysThatNoAgentIsConnected) {
  json one = status();
  one["nodes"] = json::array();
  EXPECT_THAT(shown(picture_of(one), {80, 24}), HasSubstr("no agent is connected"));
}

TEST(StatusView, FitsTheScreenWhateverItsSize) {
  StatusPicture picture;
  picture.status = status();
  for (int i = 0; i < 50; ++i) {
    picture.decisions.push_back({{"from", i}, {"to", i + 1}, {"reason", std::string(300, 'x')}});
  }
  for (TerminalSize size : {TerminalSize{80, 24}, {20, 5}, {1, 1}, {300, 100}}) {
    const std::vector<Line> lines = lines_for(picture, size);
    EXPECT_LE(lines.size(), size.rows);
    for (const Line& line : lines)
      EXPECT_LE(width_of(text_of(line, size.columns, false)), size.columns);
  }
  // The notice at the end is not pushed out by decisions.
  EXPECT_THAT(shown(picture, {80, 24}), HasSubstr("node-b is silent"));
}

TEST(StatusView, TakesWhatIsMissingForUnknown) {
  StatusPicture picture;
  for (const char* odd : {"{}", "[]", "null", "3", R"({"services": [{}], "nodes": [null, {}]})",
                          R"({"services": [{"name": 7, "demand": null, "workers": {}}]})"}) {
    picture.status = json::parse(odd);
    EXPECT_FALSE(lines_for(picture, {80, 24}).empty()) << odd;
  }
}

TEST(Rates, AreArrivalsOverTime) {
  json earlier = status(), later = status();
  later["services"][0]["arrivals_total"] = 1100;
  EXPECT_DOUBLE_EQ(rates_between(earlier, later, std::chrono::seconds(2)).at("web"), 50);
  // A coordinator that began to count anew gives no rate rather than a wrong one.
  later["services"][0]["arrivals_total"] = 5;
  EXPECT_TRUE(rates_between(earlier, later, std::chrono::seconds(2)).empty());
}

TEST(Rates, AreUnknownUntilBothCountsAre) {
  json silent = status();
  silent["services"][0]["arrivals_total"] = nullptr;
  EXPECT_TRUE(rates_between(silent, status(), std::chrono::seconds(2)).empty());
  EXPECT_TRUE(rates_between(status(), silent, std::chrono::seconds(2)).empty());
}

TEST(Command, IsReadBackAsTheSameWords) {
  const std::vector<std::string> words{"./a b", "--x={port}", "it's",        "",  "\"q\"",
                                       "$HOME", "a;b",        "back\\slash", "&&"};
  const auto read = settings::split_command(command_text(words));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, words);
}

}  // namespace
}  // namespace foretide::cli
