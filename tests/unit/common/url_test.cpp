#include "common/url.hpp"

#include <gtest/gtest.h>

namespace foretide {
namespace {

TEST(Url, DecodesWhatIsWellFormedAndNothingElse) {
  EXPECT_EQ(percent_decoded("/a%20b%2Fc"), "/a b/c");
  EXPECT_EQ(percent_decoded(""), "");
  for (const char* bad : {"%", "%2", "%zz", "a%", "%2g"}) EXPECT_FALSE(percent_decoded(bad));
  EXPECT_EQ(percent_decoded(percent_encoded("a b/\xC3\xA9%+")), "a b/\xC3\xA9%+");
}

TEST(Url, ReadsAQuery) {
  const auto query = parse_query("a=1&b=x+y%26&flag&&a=2&empty=");
  ASSERT_TRUE(query);
  EXPECT_EQ(*query, (std::map<std::string, std::string>{
                        {"a", "1"}, {"b", "x y&"}, {"flag", ""}, {"empty", ""}}));
  EXPECT_TRUE(parse_query("")->empty());
  EXPECT_FALSE(parse_query("a=%"));
}

}  // namespace
}  // namespace foretide
