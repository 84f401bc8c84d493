#include "tests/simulation/history.hpp"

#include <array>
#include <cstdio>

namespace foretide::simulation {

void History::add(std::string_view who, const std::string& line) {
  std::array<char, 64> head{};
  std::snprintf(head.data(), head.size(), "%10.4f  %-12.*s ", seconds_in(queue_.elapsed()),
                static_cast<int>(who.size()), who.data());
  last_.push_back(head.data() + line);
  if (last_.size() > kLinesKept) last_.pop_front();
  *out_ << last_.back() << '\n';
}

}  // namespace foretide::simulation
