#include "deploy/cli/load_shape.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/settings/numbers.hpp"

namespace foretide::cli {
namespace {

std::optional<double> rate_in(std::string_view text) {
  const auto rate = settings::parse_number(text);
  return rate && *rate >= 0.0 ? rate : std::nullopt;
}

}  // namespace

double LoadShape::rate_at(double second) const {
  const double span = high_rps - low_rps;
  switch (kind) {
    case Kind::kWave:
      return low_rps + span * (1 - std::cos(2 * std::numbers::pi * second / period_seconds)) / 2;
    case Kind::kRamp:
      return low_rps + span * std::clamp(second / seconds, 0.0, 1.0);
    case Kind::kStep:
      return second >= seconds / 3 && second < 2 * seconds / 3 ? high_rps : low_rps;
  }
  return low_rps;
}

double LoadShape::due_by(double second) const {
  const double t = std::clamp(second, 0.0, seconds);
  const double span = high_rps - low_rps;
  switch (kind) {
    case Kind::kWave: {
      // integral of (1 - cos(wt)) / 2 = (t - sin(wt) / w) / 2
      const double w = 2 * std::numbers::pi / period_seconds;
      return low_rps * t + span * (t - std::sin(w * t) / w) / 2;
    }
    case Kind::kRamp:
      return low_rps * t + span * t * t / (2 * seconds);
    case Kind::kStep:
      return low_rps * t + span * std::clamp(t - seconds / 3, 0.0, seconds / 3);
  }
  return 0;
}

std::optional<LoadShape::Kind> shape_named(const std::string& name) {
  if (name == "wave") return LoadShape::Kind::kWave;
  if (name == "ramp") return LoadShape::Kind::kRamp;
  if (name == "step") return LoadShape::Kind::kStep;
  return std::nullopt;
}

Result<std::pair<double, double>> parse_rates(const std::string& text) {
  const std::size_t dots = text.find("..");
  const std::string_view all = text;
  const auto low = rate_in(dots == std::string::npos ? all : all.substr(0, dots));
  const auto high = dots == std::string::npos ? low : rate_in(all.substr(dots + 2));
  if (!low || !high) return Error{"'" + text + "' is no rate; write requests/s as 20, or as 5..60"};
  if (*high < *low) return Error{"'" + text + "' falls; write the lower rate first, as 5..60"};
  return std::pair{*low, *high};
}

}  // namespace foretide::cli
