// The picture of a simulated run: that nothing of it is lost in drawing, and that it can be read.
#include "deploy/cli/simulation_plot.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "deploy/cli/plot_scale.hpp"
#include "deploy/cli/plot_series.hpp"

namespace foretide::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> labels_of(const std::vector<Tick>& ticks) {
  std::vector<std::string> labels;
  for (const Tick& tick : ticks) labels.push_back(tick.label);
  return labels;
}

TEST(PlotScale, HasRoundTicks) {
  EXPECT_THAT(labels_of(ticks_to(437, 5)), ElementsAre("0", "100", "200", "300", "400"));
  EXPECT_THAT(labels_of(ticks_to(0.3, 3)), ElementsAre("0", "0.1", "0.2", "0.3"));
  EXPECT_THAT(labels_of(ticks_to(2.1, 6, 1.0)), ElementsAre("0", "1", "2")) << "no half workers";
  EXPECT_THAT(labels_of(ticks_to(3e6, 3)), ElementsAre("0", "1 M", "2 M", "3 M"));
  EXPECT_THAT(labels_of(ticks_to(0.0, 3)), ElementsAre("0"));
}

// given: how long it is; expect: the unit, and the second label
TEST(PlotScale, CountsTimeInTheUnitThatSuitsIt) {
  const std::tuple<double, std::string, std::string> cases[] = {
      {1, "seconds", "1"},       {100, "seconds", "10"},      {3600, "minutes", "5"},
      {2 * 86400, "hours", "3"}, {27.6 * 86400, "days", "2"}, {4000.0 * 86400, "days", "500"},
  };
  for (const auto& [seconds, unit, second] : cases) {
    const TimeAxis axis = time_axis_to(seconds, 16);
    EXPECT_EQ(axis.unit, unit) << seconds;
    EXPECT_EQ(axis.ticks.at(1).label, second) << seconds;
    EXPECT_LE(axis.ticks.size(), 17u) << seconds;
    EXPECT_LE(axis.ticks.back().value, seconds);
  }
}

const PlotArea kArea{.left = 0, .top = 0, .width = 100, .height = 50, .value_max = 10};

TEST(PlotSeries, DrawsALevelForEachStepAndAGapForWhatIsNotKnown) {
  EXPECT_EQ(path_of({2.0, 4.0, 4.0, std::nullopt, 10.0}, kArea).text(),
            "M0 40L20 40L20 30L40 30L60 30M80 0L100 0");
  EXPECT_TRUE(path_of({std::nullopt}, kArea).is_empty());
}

TEST(PlotSeries, KeepsAPeakOfOneStepInTenThousand) {
  Series series(10'000, 1.0);
  series[5'003] = 10.0;
  series[7'007] = 0.0;
  const std::string path = path_of(series, kArea).text();
  EXPECT_THAT(path, HasSubstr("L50.5 45L50.5 0L51.5 45"));
  EXPECT_THAT(path, HasSubstr("L70.5 45L70.5 50L71.5 45"));
  EXPECT_LT(std::count(path.begin(), path.end(), 'L'), 200);
}

TEST(PlotSeries, BreaksWhereAWholeColumnIsNotKnown) {
  Series series(1'000, 5.0);
  std::fill(series.begin() + 500, series.begin() + 520, std::nullopt);
  const std::string path = path_of(series, kArea).text();
  EXPECT_EQ(std::count(path.begin(), path.end(), 'M'), 2);
  EXPECT_THAT(path, Not(HasSubstr("50.5 ")));
}

TEST(PlotSeries, FillsWhatIsAboveAndNothingElse) {
  EXPECT_EQ(excess_of({2.0, 6.0, 4.0, std::nullopt}, {4.0, 4.0, 4.0, 4.0}, kArea).text(),
            "M25 20h25v10h-25Z");
  Series demand(10'000, 1.0);
  const Series carried(10'000, 2.0);
  EXPECT_TRUE(excess_of(demand, carried, kArea).is_empty());
  demand[5'003] = 6.0;
  demand[5'004] = 2.01;
  EXPECT_EQ(excess_of(demand, carried, kArea).text(), "M50 20h1v20h-1Z") << "the larger of the two";
  demand[5'003] = 1.0;
  EXPECT_EQ(excess_of(demand, carried, kArea).text(), "M50 40h1v1h-1Z") << "large enough to see";
}

struct Played {
  DemandTrace trace{.step_seconds = 60};
  SimulationSettings settings{.capacity_rps = 2.0, .start_seconds = 120.0};
  SimulatedRun run;
};

// Demand rises from 1 to 5 requests a second and finds two workers.
Played played(std::size_t steps = 300) {
  Played it;
  for (std::size_t i = 0; i < steps; ++i) {
    it.trace.requests.push_back(i < steps / 2 ? 60.0 : 300.0);
    it.run.steps.push_back({.desired = 2, .ready = 2, .forecast_rps = 1.0});
  }
  if (steps > 3) it.trace.requests[3].reset();
  it.run.unserved = 0.1;
  return it;
}

std::string plot(const Played& it, const std::string& algorithm = "foretide",
                 const std::string& name = "monday.csv") {
  return plot_of({it.trace, it.settings, it.run, name, algorithm, "1%"});
}

TEST(SimulationPlot, SaysWhatItShowsAndInWhichUnits) {
  const std::string svg = plot(played());
  for (const char* said :
       {">requests a second<", ">workers<", ">time since the first row, in minutes<", ">demand<",
        ">its forecast, made 2m before<", ">what the ready workers carry<", ">shortage<",
        ">workers desired<", ">workers ready<", "monday.csv, foretide, shortage goal 1%",
        "unserved 10%", "300 steps of 1m"}) {
    EXPECT_THAT(svg, HasSubstr(said));
  }
}

TEST(SimulationPlot, IsOneFileWithoutScriptsOrHoles) {
  const std::string svg = plot(played());
  EXPECT_EQ(svg.find("<svg "), 0u);
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  for (const char* never : {"<script", "href", "url(", "nan", "inf"}) {
    EXPECT_THAT(svg, Not(HasSubstr(never)));
  }
  EXPECT_LT(plot(played(50'000)).size(), 300'000u);
}

TEST(SimulationPlot, ShadesAShortageOnlyWhereThereIsOne) {
  const std::string shade = "Z\" fill=\"#d62728\"/>";
  Played it = played();
  EXPECT_THAT(plot(it), HasSubstr(shade));
  for (auto& step : it.run.steps) step.ready = 3;
  EXPECT_THAT(plot(it), Not(HasSubstr(shade)));
}

TEST(SimulationPlot, IsNotFlattenedByWhatIsAskedForAtFirst) {
  Played it = played();
  EXPECT_THAT(plot(it), Not(HasSubstr("cut:")));
  it.run.steps[10].desired = it.run.steps[11].ready = 400;
  EXPECT_THAT(plot(it), HasSubstr(">cut: up to 800 at first<"));
  EXPECT_THAT(plot(it), HasSubstr(">cut: up to 400 at first<"));
  EXPECT_THAT(plot(it), HasSubstr(">5</text>")) << "the axis is demand's";
}

TEST(SimulationPlot, HasNoForecastOfAnotherAlgorithm) {
  const std::string svg = plot(played(), "kpa");
  EXPECT_THAT(svg, HasSubstr("monday.csv, kpa at 1%"));
  EXPECT_THAT(svg, Not(HasSubstr("forecast")));
}

TEST(SimulationPlot, IsWellFormedWhateverTheTraceIsCalled) {
  const std::string svg = plot(played(1), "foretide", "<a> & \"b\" \x01 \xff.csv");
  EXPECT_THAT(svg, HasSubstr("&lt;a&gt; &amp; &quot;b&quot;   \xef\xbf\xbd.csv"));
}

}  // namespace
}  // namespace foretide::cli
