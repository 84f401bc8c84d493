#include "common/settings/scale_section.hpp"

#include <array>

#include "common/settings/cluster_keys.hpp"
#include "common/settings/schedule_section.hpp"
#include "common/settings/signals_section.hpp"

namespace foretide::settings {

namespace {

using namespace std::chrono_literals;

constexpr auto kWindowMost = 50min;  // an hour of demand is kept, second by second
constexpr std::array<std::string_view, 3> kPredict{"off", "shadow", "auto"};
constexpr std::array<ScaleSettings::Predict, 3> kPredictValues{
    ScaleSettings::Predict::kOff, ScaleSettings::Predict::kShadow, ScaleSettings::Predict::kAuto};

void check_bounds(const Section& section, const ScaleSettings& scale) {
  if (scale.min <= scale.max) return;
  const std::string numbers = "'min' is " + std::to_string(scale.min) +
                              ", more than 'max', which is " + std::to_string(scale.max);
  section.report("min", numbers + (section.has("max") ? "" : " unless given") + ", raise 'max'");
}

}  // namespace

ScaleSettings scale_in(const Section& service) {
  ScaleSettings scale;
  const auto section = service.section("scale", keys::kScale);
  if (!section) return scale;
  scale.min = section->whole("min", {0, kWorkersMost}).value_or(scale.min);
  scale.max = section->whole("max", {1, kWorkersMost}).value_or(scale.max);
  check_bounds(*section, scale);
  scale.shortage = section->share("shortage", {0.0001, 0.5}).value_or(scale.shortage);
  scale.idle = section->duration("idle", {1ms, 720h}).value_or(scale.idle);
  if (const auto at = section->choice("predict", kPredict)) scale.predict = kPredictValues[*at];
  if (const auto up = section->section("up", keys::kUp)) {
    scale.up_max_step = up->whole("max_step", {1, kWorkersMost});
    scale.up_cooldown = up->duration("cooldown", {0ms, 24h}).value_or(scale.up_cooldown);
  }
  if (const auto down = section->section("down", keys::kDown)) {
    scale.down_max_step = down->whole("max_step", {1, kWorkersMost});
    scale.down_cooldown = down->duration("cooldown", {0ms, 24h}).value_or(scale.down_cooldown);
    scale.window = down->duration("window", {0ms, kWindowMost}).value_or(scale.window);
  }
  scale.schedule = schedule_in(*section, scale.max);
  scale.signals = signals_in(*section, service);
  return scale;
}

}  // namespace foretide::settings
