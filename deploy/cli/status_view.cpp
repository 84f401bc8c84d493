#include "deploy/cli/status_view.hpp"

#include <algorithm>
#include <cmath>

#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/service_words.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kBarColumns = 16;
constexpr std::size_t kNoticesShown = 4;
constexpr std::size_t kNameColumns = 12;
constexpr std::size_t kLabelColumns = 9;  // "demand   " and its like

struct Marks {
  const char* ready;
  const char* starting;
  const char* draining;
  const char* failing;
  const char* bar;
  const char* room;
};

Marks marks_for(bool utf8) {
  return utf8 ? Marks{"█", "▒", "░", "✗", "━", "─"} : Marks{"#", "+", "-", "x", "=", "."};
}

std::string repeated(const char* mark, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += mark;
  return text;
}

std::string bytes_text(std::optional<double> bytes) {
  if (!bytes) return "-";
  return number_text(*bytes / (1024.0 * 1024.0 * 1024.0)) + " GiB";
}

// Load against what the ready workers carry: full at the right end.
Span bar_for(std::optional<double> load, double carried, const Marks& marks) {
  if (!load) return {std::string(kBarColumns, ' ')};
  const double share =
      carried > 0 ? std::clamp(*load / carried, 0.0, 1.0) : (*load > 0 ? 1.0 : 0.0);
  const auto filled = static_cast<std::size_t>(std::lround(share * kBarColumns));
  const Style style = share > 0.9 ? Style::kRed : share > 0.7 ? Style::kYellow : Style::kGreen;
  return {repeated(marks.bar, filled) + repeated(marks.room, kBarColumns - filled), style};
}

Line heading(const json& status) {
  Line line{{"foretide", Style::kBold}};
  line.push_back({"  cluster " + text_in(status, "cluster") + ", epoch " +
                  std::to_string(count_in(status, "epoch"))});
  if (const auto uptime = number_in(status, "uptime_s")) {
    line.push_back({", up " + duration_text(*uptime), Style::kDim});
  }
  return line;
}

void add_wrapped(std::vector<Line>& lines, const Line& line, std::size_t columns,
                 std::size_t indent) {
  for (Line& part : wrapped(line, columns, indent)) lines.push_back(std::move(part));
}

Line served_line(const json& service, const StatusPicture& picture) {
  const auto style_of = [&](const char* key, Style none) {
    const auto count = number_in(service, key);
    return !count ? Style::kPlain : *count > 0 ? Style::kRed : none;
  };
  Line line{{padded("", kNameColumns) + "requests "},
            {count_text(service, "completed_total") + " served"}};
  const auto rate = picture.rates.find(text_in(service, "name"));
  if (rate != picture.rates.end()) line.push_back({" (" + number_text(rate->second, 0) + "/s)"});
  line.push_back({", "});
  line.push_back(
      {count_text(service, "failed_total") + " failed", style_of("failed_total", Style::kGreen)});
  line.push_back({", "});
  line.push_back({count_text(service, "refused_total") + " refused",
                  style_of("refused_total", Style::kPlain)});
  line.push_back({", " + std::to_string(count_in(service, "in_flight")) + " in flight"});
  const std::uint64_t held = count_in(service, "held");  // mostly none: what is left fits a line
  if (held > 0) line.push_back({", " + std::to_string(held) + " held", Style::kYellow});
  return line;
}

void add_service(std::vector<Line>& lines, const json& service, const StatusPicture& picture,
                 std::size_t columns) {
  const Marks marks = marks_for(picture.utf8);
  const std::string name = text_in(service, "name");
  const std::uint64_t ready = count_in(service, "ready");
  const auto capacity = number_in(service, "capacity_per_worker");
  const double carried = capacity.value_or(0.0) * static_cast<double>(ready);
  const auto demand = number_in(service, "demand"), forecast = number_in(service, "forecast");
  const std::uint64_t failing = count_in(service, "failing");
  const std::string no_place = text_in(service, "no_place");

  Line load{{padded(name, kNameColumns), Style::kBold},
            {"demand   " + padded_left(number_text(demand), 6) + " "},
            bar_for(demand, carried, marks),
            {"  ready " + std::to_string(ready), Style::kGreen},
            {", starting " + std::to_string(count_in(service, "starting")), Style::kYellow},
            {", draining " + std::to_string(count_in(service, "draining")), Style::kCyan}};
  Line ahead{{padded("", kNameColumns) + "forecast " + padded_left(number_text(forecast), 6) + " "},
             bar_for(forecast, carried, marks),
             {"  desired " + std::to_string(count_in(service, "desired"))},
             {failing > 0 ? ", failing " + std::to_string(failing) : "", Style::kRed},
             {capacity ? ", " + number_text(capacity, 0) + " per worker" : "", Style::kDim}};
  const std::size_t indent = kNameColumns + kLabelColumns;
  add_wrapped(lines, load, columns, indent);
  add_wrapped(lines, ahead, columns, indent);
  add_wrapped(lines, served_line(service, picture), columns, indent);
  for (const std::string& words :
       {words_on_starts(service), words_on_pause(service), words_on_manual(service)}) {
    if (words.empty()) continue;
    add_wrapped(lines, {{padded("", kNameColumns)}, {words, Style::kRed}}, columns, indent);
  }
  if (!no_place.empty()) {
    add_wrapped(lines, {{padded("", kNameColumns)}, {"no place: " + no_place, Style::kRed}},
                columns, indent);
  }
}

Span mark_for(const std::string& state, const Marks& marks) {
  if (state == "ready") return {marks.ready, Style::kGreen};
  if (state == "starting") return {marks.starting, Style::kYellow};
  if (state == "draining" || state == "stopping" || state == "ended") {
    return {marks.draining, Style::kCyan};
  }
  return {marks.failing, Style::kRed};
}

Line node_line(const json& node, const json& services, const Marks& marks) {
  const std::string name = text_in(node, "name");
  const std::string state = text_in(node, "state");
  Line line{{padded(name, kNameColumns), Style::kBold}};
  std::size_t wide = 0, count = 0;
  for (const json& service : services) {
    for (const json& worker : list_in(service, "workers")) {
      if (text_in(worker, "node") != name) continue;
      ++count;
      if (++wide <= 30) line.push_back(mark_for(text_in(worker, "state"), marks));
    }
  }
  line.push_back({std::string(wide < 18 ? 18 - wide : 1, ' ')});
  line.push_back({padded_left(std::to_string(count), 3) + (count == 1 ? " worker " : " workers")});
  if (state != "live" && !state.empty()) line.push_back({"  " + state, Style::kRed});
  if (const auto usage = number_in(node, "cpu_usage")) {
    line.push_back({"  cpu " + padded_left(number_text(*usage * 100, 0), 3) + " %", Style::kDim});
  }
  const auto memory = number_in(node, "memory_bytes");
  const auto available = number_in(node, "memory_available_bytes");
  if (memory && available) {
    line.push_back({"  memory " + bytes_text(*memory - *available) + " of " + bytes_text(memory),
                    Style::kDim});
  }
  return line;
}

void add_nodes(std::vector<Line>& lines, const json& status, const StatusPicture& picture,
               std::size_t columns) {
  const Marks marks = marks_for(picture.utf8);
  lines.push_back({});
  lines.push_back({{"workers by node", Style::kBold},
                   {"   "},
                   {std::string(marks.ready) + " ready ", Style::kGreen},
                   {std::string(marks.starting) + " starting ", Style::kYellow},
                   {std::string(marks.draining) + " draining ", Style::kCyan},
                   {std::string(marks.failing) + " failing", Style::kRed}});
  const json nodes = list_in(status, "nodes");
  for (const json& node : nodes) {
    add_wrapped(lines, node_line(node, list_in(status, "services"), marks), columns, kNameColumns);
  }
  if (nodes.empty()) lines.push_back({{"  no agent is connected", Style::kYellow}});
  for (const json& balancer : list_in(status, "balancers")) {
    if (text_in(balancer, "state") == "live") continue;
    lines.push_back({{"balancer " + text_in(balancer, "name") + " is " + text_in(balancer, "state"),
                      Style::kRed}});
  }
}

std::vector<Line> trouble_in(const json& status, std::size_t columns) {
  std::vector<Line> lines;
  const json notices = list_in(status, "notices");
  std::size_t shown = 0;
  for (auto one = notices.rbegin(); one != notices.rend() && shown++ < kNoticesShown; ++one) {
    add_wrapped(lines,
                {{(one->contains("at") ? clock_text((*one)["at"]) : std::string("--:--:--")) + " ",
                  Style::kDim},
                 {text_in(*one, "text")}},
                columns, kClockColumns);
  }
  return lines;
}

}  // namespace

Line decision_line(const json& decision) {
  const std::string change = std::to_string(count_in(decision, "from")) + " -> " +
                             std::to_string(count_in(decision, "to"));
  const bool up = count_in(decision, "to") > count_in(decision, "from");
  std::string reason = text_in(decision, "reason");
  const std::string rule = text_in(decision, "rule");
  if (!reason.starts_with(rule)) reason = rule + ": " + reason;
  return {{(decision.contains("at") ? clock_text(decision["at"]) : std::string("--:--:--")) + " ",
           Style::kDim},
          {text_in(decision, "service") + " "},
          {padded(change, 8), up ? Style::kGreen : Style::kCyan},
          {" " + reason}};
}

std::vector<Line> lines_for(const StatusPicture& picture, TerminalSize size) {
  std::vector<Line> lines{heading(picture.status), {}};
  const json services = list_in(picture.status, "services");
  if (services.empty()) lines.push_back({{"no services in the cluster file", Style::kYellow}});
  for (const json& service : services) add_service(lines, service, picture, size.columns);
  add_nodes(lines, picture.status, picture, size.columns);

  const std::vector<Line> trouble = trouble_in(picture.status, size.columns);
  const std::size_t trouble_rows = trouble.empty() ? 0 : trouble.size() + 2;
  lines.push_back({});
  lines.push_back({{"why", Style::kBold}, {"   the last changes, newest first", Style::kDim}});
  if (picture.decisions.empty()) lines.push_back({{"  none yet", Style::kDim}});
  for (const json& decision : picture.decisions) {
    const std::vector<Line> parts = wrapped(decision_line(decision), size.columns, kClockColumns);
    if (lines.size() + parts.size() + trouble_rows > size.rows) break;
    lines.insert(lines.end(), parts.begin(), parts.end());
  }
  if (!trouble.empty()) {
    lines.push_back({});
    lines.push_back({{"noticed", Style::kBold}});
    lines.insert(lines.end(), trouble.begin(), trouble.end());
  }
  if (lines.size() > size.rows) lines.resize(size.rows);
  return lines;
}

ServedTotals totals_in(const json& status) {
  ServedTotals totals;
  for (const json& service : list_in(status, "services")) {
    totals.arrivals += count_in(service, "arrivals_total");
    totals.completed += count_in(service, "completed_total");
    totals.failed += count_in(service, "failed_total");
    totals.refused += count_in(service, "refused_total");
    totals.ready += count_in(service, "ready");
  }
  return totals;
}

std::map<std::string, double> rates_between(const json& earlier, const json& later,
                                            std::chrono::duration<double> apart) {
  std::map<std::string, double> rates;
  if (apart.count() <= 0) return rates;
  std::map<std::string, double> before;
  for (const json& service : list_in(earlier, "services")) {
    if (const auto count = number_in(service, "arrivals_total")) {
      before[text_in(service, "name")] = *count;
    }
  }
  for (const json& service : list_in(later, "services")) {
    const auto found = before.find(text_in(service, "name"));
    const auto now = number_in(service, "arrivals_total");
    if (found == before.end() || !now || *now < found->second) continue;
    rates[found->first] = (*now - found->second) / apart.count();
  }
  return rates;
}

}  // namespace foretide::cli
