#include "deploy/cli/simulation_plot.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "common/settings/durations.hpp"
#include "coordinator/core/text.hpp"
#include "deploy/cli/plot_scale.hpp"
#include "deploy/cli/plot_series.hpp"
#include "deploy/cli/svg.hpp"

namespace foretide::cli {
namespace {

constexpr double kWidth = 1200, kHeight = 720;
constexpr double kLeft = 76, kRight = 70;
constexpr double kLoadTop = 108, kLoadHeight = 330, kWorkersTop = 496, kWorkersHeight = 150;
constexpr double kHeadroom = 1.05;  // above the highest value

constexpr const char* kDemand = "#1f5fa8";
constexpr const char* kForecast = "#e08a00";
constexpr const char* kCarried = "#3a9a4a";
constexpr const char* kDesired = "#7a5ab8";
constexpr const char* kShortage = "#d62728";

std::string stroke(const char* colour, double width, const char* more = "") {
  char text[160];
  std::snprintf(text, sizeof text,
                "fill=\"none\" stroke=\"%s\" stroke-width=\"%g\" stroke-linejoin=\"round\"%s",
                colour, width, more);
  return text;
}

struct Curves {
  Series demand_rps, forecast_rps, carried_rps, desired, ready;
};

std::int64_t lead_steps_of(const PlotSubject& it) {
  return lead_steps_for(it.settings.start_seconds, it.trace.step_seconds);
}

Curves curves_of(const PlotSubject& it) {
  const std::size_t steps = it.run.steps.size();
  const auto lead =
      static_cast<std::size_t>(lead_steps_for(it.settings.start_seconds, it.trace.step_seconds));
  Curves curves{Series(steps), Series(steps), Series(steps), Series(steps), Series(steps)};
  for (std::size_t i = 0; i < steps; ++i) {
    const SimulatedStep& step = it.run.steps[i];
    if (it.trace.requests[i]) {
      curves.demand_rps[i] = *it.trace.requests[i] / static_cast<double>(it.trace.step_seconds);
    }
    if (it.algorithm == "foretide" && i + lead < steps) {
      curves.forecast_rps[i + lead] = step.forecast_rps;
    }
    curves.carried_rps[i] = step.ready * it.settings.capacity_rps;
    curves.desired[i] = step.desired;
    curves.ready[i] = step.ready;
  }
  return curves;
}

double highest_of(const Series& series, std::size_t from) {
  double highest = 0.0;
  for (std::size_t i = from; i < series.size(); ++i) {
    highest = std::max(highest, series[i].value_or(0.0));
  }
  return highest;
}

// Before anything is learned far too many workers may be asked for; that must not flatten all the
// rest, so what is decided in the first fifth does not count for the scale.
double scale_of(const Series& whole, std::initializer_list<const Series*> decided) {
  double highest = highest_of(whole, 0);
  for (const Series* series : decided) {
    highest = std::max(highest, highest_of(*series, series->size() / 5));
  }
  return highest > 0.0 ? highest * kHeadroom : 1.0;
}

PlotArea area_of(double top, double height, double value_max) {
  return {.left = kLeft,
          .top = top,
          .width = kWidth - kLeft - kRight,
          .height = height,
          .value_max = value_max};
}

void draw_value_axis(Svg& svg, const PlotArea& area, const std::vector<Tick>& ticks,
                     const std::string& unit) {
  for (const Tick& tick : ticks) {
    const double y = area.y(tick.value);
    svg.line({area.left, y}, {area.right(), y}, "stroke=\"#e4e4e4\"");
    svg.text({area.left - 8, y + 4}, tick.label, {.anchor = "end"});
  }
  svg.text({20, area.top + area.height / 2}, unit,
           {.anchor = "middle", .size = 13, .turned_degrees = -90});
}

// The same height as so many workers carry.
void draw_worker_axis(Svg& svg, const PlotArea& area, double capacity_rps) {
  for (const Tick& tick : ticks_to(area.value_max / capacity_rps, 6, 1.0)) {
    const double y = area.y(tick.value * capacity_rps);
    svg.line({area.right(), y}, {area.right() + 5, y}, "stroke=\"#999\"");
    svg.text({area.right() + 9, y + 4}, tick.label, {.fill = "#777"});
  }
  svg.text({kWidth - 14, area.top + area.height / 2}, "in workers' worth",
           {.anchor = "middle", .size = 13, .fill = "#777", .turned_degrees = 90});
}

void draw_time_axis(Svg& svg, const PlotArea& area, double seconds, bool is_labelled) {
  const TimeAxis axis = time_axis_to(seconds, 16);
  for (const Tick& tick : axis.ticks) {
    const double x = area.left + area.width * tick.value / seconds;
    svg.line({x, area.top}, {x, area.bottom() + 5}, "stroke=\"#e4e4e4\"");
    if (is_labelled) svg.text({x, area.bottom() + 19}, tick.label, {.anchor = "middle"});
  }
  svg.rect({area.left, area.top}, area.width, area.height, "fill=\"none\" stroke=\"#999\"");
  if (is_labelled) {
    svg.text({area.left + area.width / 2, area.bottom() + 42},
             "time since the first row, in " + axis.unit, {.anchor = "middle", .size = 13});
  }
}

// What the figures in the heading do not count.
void draw_unjudged(Svg& svg, const PlotArea& area) {
  svg.rect({area.left, area.top}, area.width / 5, area.height, "fill=\"#f4f4f4\"");
}

void tell_what_is_cut(Svg& svg, const PlotArea& area, const Series& series) {
  const double highest = highest_of(series, 0);
  if (highest <= area.value_max) return;
  char text[64];
  std::snprintf(text, sizeof text, "cut: up to %.3g at first", highest);
  svg.text({area.left + area.width / 5 - 6, area.top + 15}, text,
           {.anchor = "end", .fill = "#777"});
}

class Legend {
 public:
  Legend(Svg& svg, SvgPoint at) : svg_(svg), at_(at) {}

  void line(const std::string& label, const std::string& attributes) {
    svg_.line({at_.x, at_.y - 4}, {at_.x + 26, at_.y - 4}, attributes);
    name(label);
  }
  void box(const std::string& label, const std::string& attributes) {
    svg_.rect({at_.x + 4, at_.y - 10}, 18, 12, attributes);
    name(label);
  }

 private:
  void name(const std::string& label) {
    constexpr double kLetter = 6.5;  // of this size, on average and a little more
    svg_.text({at_.x + 32, at_.y}, label, {});
    at_.x += 32 + kLetter * static_cast<double>(label.size()) + 20;
  }

  Svg& svg_;
  SvgPoint at_;
};

std::string duration_of(double seconds) {
  return settings::duration_text(
      std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000.0 + 0.5)));
}

void draw_heading(Svg& svg, const PlotSubject& it) {
  const bool is_ours = it.algorithm == "foretide";
  svg.text({kLeft, 30},
           it.name + ", " + it.algorithm + (is_ours ? ", shortage goal " : " at ") + it.aim,
           {.size = 17, .fill = "#111", .is_bold = true});
  char text[300];
  std::snprintf(text, sizeof text,
                "%s of %s; a worker serves %g requests/s and starts in %s; unserved %.3g%%, "
                "paid / needed %.3f, workers %.2f in the mean, %llu started",
                coordinator::counted(it.run.steps.size(), "step", "steps").c_str(),
                duration_of(static_cast<double>(it.trace.step_seconds)).c_str(),
                it.settings.capacity_rps, duration_of(it.settings.start_seconds).c_str(),
                100.0 * it.run.unserved, it.run.cost, it.run.workers_mean,
                static_cast<unsigned long long>(it.run.started));
  svg.text({kLeft, 52}, text, {.size = 13, .fill = "#444"});
}

void draw_load(Svg& svg, const PlotSubject& it, const Curves& curves, double seconds) {
  const PlotArea area =
      area_of(kLoadTop, kLoadHeight,
              scale_of(curves.demand_rps, {&curves.forecast_rps, &curves.carried_rps}));
  draw_unjudged(svg, area);
  draw_value_axis(svg, area, ticks_to(area.value_max, 8), "requests a second");
  draw_worker_axis(svg, area, it.settings.capacity_rps);
  draw_time_axis(svg, area, seconds, false);
  svg.path(path_of(curves.carried_rps, area), stroke(kCarried, 1.5));
  svg.path(path_of(curves.demand_rps, area), stroke(kDemand, 1.0, " stroke-opacity=\"0.8\""));
  svg.path(path_of(curves.forecast_rps, area), stroke(kForecast, 1.0));
  svg.path(excess_of(curves.demand_rps, curves.carried_rps, area),
           std::string("fill=\"") + kShortage + "\"");
  tell_what_is_cut(svg, area, curves.carried_rps);
  Legend legend(svg, {kLeft, 92});
  legend.line("demand", stroke(kDemand, 2));
  if (it.algorithm == "foretide") {
    const double ahead = static_cast<double>(lead_steps_of(it) * it.trace.step_seconds);
    legend.line("its forecast, made " + duration_of(ahead) + " before", stroke(kForecast, 2));
  }
  legend.line("what the ready workers carry", stroke(kCarried, 2));
  legend.box("shortage", std::string("fill=\"") + kShortage + "\"");
  legend.box("first fifth, not in the figures", "fill=\"#f4f4f4\" stroke=\"#999\"");
}

void draw_workers(Svg& svg, const Curves& curves, double seconds) {
  const PlotArea area =
      area_of(kWorkersTop, kWorkersHeight, scale_of({}, {&curves.desired, &curves.ready}));
  draw_unjudged(svg, area);
  draw_value_axis(svg, area, ticks_to(area.value_max, 5, 1.0), "workers");
  draw_time_axis(svg, area, seconds, true);
  svg.path(path_of(curves.desired, area), stroke(kDesired, 1.0));
  svg.path(path_of(curves.ready, area), stroke(kCarried, 1.5));
  tell_what_is_cut(svg, area, curves.desired);
  Legend legend(svg, {kLeft, kWorkersTop - 14});
  legend.line("workers desired", stroke(kDesired, 2));
  legend.line("workers ready", stroke(kCarried, 2));
}

}  // namespace

std::string plot_of(const PlotSubject& subject) {
  const Curves curves = curves_of(subject);
  const double seconds = static_cast<double>(subject.run.steps.size()) *
                         static_cast<double>(subject.trace.step_seconds);
  Svg svg(kWidth, kHeight);
  draw_heading(svg, subject);
  draw_load(svg, subject, curves, seconds);
  draw_workers(svg, curves, seconds);
  return svg.finish();
}

}  // namespace foretide::cli
