#include "common/settings/schedule_section.hpp"

#include "common/settings/cluster_keys.hpp"
#include "common/settings/cron_text.hpp"
#include "common/settings/durations.hpp"
#include "common/settings/scale_section.hpp"
#include "common/settings/zone_file.hpp"

namespace foretide::settings {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWindowsMost = 50;  // each is looked at in every decision

std::optional<Cron> cron_in(const Section& window, std::string_view key) {
  const auto text = window.text(key);
  if (!text) return std::nullopt;
  const YamlNode& value = window.entry(key)->value;
  const std::string subject = "'" + std::string(key) + "' is " + shown(value) + ", ";
  const auto cron = parse_cron(*text);
  if (!cron) {
    window.problems().add(value.at, subject + cron.error());
  } else if (!next_after(*cron, {})) {
    window.problems().add(value.at, subject + "which never comes, no such month has that day");
  } else {
    return *cron;
  }
  return std::nullopt;
}

void read_end(const Section& window, ScheduleWindow& read) {
  if (window.has("to") && window.has("for")) {
    window.report("for", "a window of 'schedule' has a 'to' and a 'for', keep one of them");
  } else if (!window.has("for")) {
    window.require("to", "write when the window ends such as to: \"0 18 * * *\", or for: 3h");
  }
  if (const auto to = cron_in(window, "to")) read.until = *to;
  if (const auto length = window.duration("for", {1min, 366 * 24h})) read.until = *length;
}

void read_zone(const Section& window, ScheduleWindow& read) {
  const auto name = window.text("zone");
  if (!name) return;
  auto zone = zone_named(*name);
  if (zone) {
    read.zone = *std::move(zone);
  } else {
    const YamlNode& value = window.entry("zone")->value;
    window.problems().add(value.at, "'zone' is " + shown(value) + ", " + zone.error());
  }
}

void read_min(const Section& window, const Section& scale, std::uint32_t max,
              ScheduleWindow& read) {
  window.require("min", "write how many workers there are to be in the window");
  const auto min = window.whole("min", {1, kWorkersMost});
  if (!min) return;
  read.min = *min;
  if (*min <= max) return;
  window.report("min", "'min' is " + std::to_string(*min) +
                           ", more than 'max' of 'scale', which is " + std::to_string(max) +
                           (scale.has("max") ? "" : " unless given") + ", raise 'max'");
}

std::string text_of(const Section& window, const ScheduleWindow& read) {
  std::string text = "from " + window.text("from").value_or("");
  if (const auto to = window.text("to")) text += " to " + *to;
  if (const auto* length = std::get_if<std::chrono::milliseconds>(&read.until)) {
    text += " for " + duration_text(*length);
  }
  return text + " " + read.zone.name + ": min " + std::to_string(read.min);
}

ScheduleWindow window_in(const YamlNode& node, const Section& scale, std::uint32_t max) {
  ScheduleWindow read;
  const Section window(node, "schedule", keys::kSchedule, scale.problems());
  window.require("from", "write when the window begins such as from: \"0 8 * * mon-fri\"");
  if (const auto from = cron_in(window, "from")) read.from = *from;
  read_end(window, read);
  read_zone(window, read);
  read_min(window, scale, max, read);
  read.text = text_of(window, read);
  return read;
}

}  // namespace

std::vector<ScheduleWindow> schedule_in(const Section& scale, std::uint32_t max) {
  std::vector<ScheduleWindow> windows;
  const YamlEntry* entry = scale.entry("schedule");
  if (entry == nullptr) return windows;
  const YamlNode& list = entry->value;
  if (list.kind != YamlNode::Kind::kList) {
    scale.problems().add(list.at, "'schedule' is " + shown(list) +
                                      ", wants a list of windows such as - {from: \"0 8 * * "
                                      "mon-fri\", to: \"0 18 * * *\", min: 6}");
    return windows;
  }
  if (list.items.size() > kWindowsMost) {
    scale.problems().add(list.items[kWindowsMost].at,
                         "a window too many, " + std::to_string(kWindowsMost) + " at most");
  }
  for (const YamlNode& item : list.items) windows.push_back(window_in(item, scale, max));
  return windows;
}

}  // namespace foretide::settings
