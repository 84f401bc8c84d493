// Moments as text and back.
#include "common/rfc3339.hpp"

#include <gtest/gtest.h>

namespace foretide {
namespace {

std::string read_back(const std::string& text) {
  const auto time = parse_rfc3339(text);
  return time ? rfc3339_text(*time) : "none";
}

TEST(Rfc3339, ReadsOffsetsAndFractions) {
  const std::pair<std::string, std::string> cases[] = {
      {"2026-11-28T14:05:30Z", "2026-11-28T14:05:30.000Z"},
      {"2026-11-28 14:05:30z", "2026-11-28T14:05:30.000Z"},
      {"2026-11-28T00:05:30+01:30", "2026-11-27T22:35:30.000Z"},
      {"2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00.000Z"},
      {"2026-11-28T14:05:30.25Z", "2026-11-28T14:05:30.250Z"},
      {"2026-11-28T14:05:30.1239Z", "2026-11-28T14:05:30.123Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"},
  };
  for (const auto& [text, same] : cases) EXPECT_EQ(read_back(text), same) << text;
}

TEST(Rfc3339, RefusesWhatIsNoMoment) {
  for (const char* wrong :
       {"", "2026", "2026-11-28", "2026-11-28T14:05Z", "2026-11-28T14:05:30",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-28T24:00:00Z",
        "2026-11-28T14:60:00Z", "2026-11-28T14:05:61Z", "2026-11-28T14:05:30.Z",
        "2026-11-28T14:05:30+1:00", "2026-11-28T14:05:30+24:00", "2026-11-28T14:05:30Z ",
        "2026-11-28T-1:05:30Z", "2026-11-28T14:05:30+01:60", "99999-11-28T14:05:30Z"}) {
    EXPECT_EQ(read_back(wrong), "none") << wrong;
  }
}

}  // namespace
}  // namespace foretide
