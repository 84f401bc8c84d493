#include "common/settings/positions.hpp"

#include <algorithm>
#include <utility>

namespace foretide::settings {

namespace {
constexpr std::size_t kToldMost = 100;
}

void Problems::add(Position at, std::string what) {
  problems_.push_back({at, std::move(what)});
}

std::string Problems::text(const std::string& file) const {
  auto sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Problem& a, const Problem& b) { return a.at < b.at; });
  std::string text;
  for (std::size_t i = 0; i < sorted.size() && i < kToldMost; ++i) {
    if (i > 0) text += '\n';
    text += file + ":" + std::to_string(sorted[i].at.line) + ":" +
            std::to_string(sorted[i].at.column) + ": " + sorted[i].what;
  }
  if (sorted.size() > kToldMost) {
    const std::size_t more = sorted.size() - kToldMost;
    text += "\n" + file + ": and " + std::to_string(more) + (more == 1 ? " problem" : " problems") +
            " more";
  }
  return text;
}

}  // namespace foretide::settings
