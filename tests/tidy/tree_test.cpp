// Every rule over every file of this repository.
#include <gtest/gtest.h>

#include "tests/tidy/rules.hpp"

namespace foretide::tidy {
namespace {

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> files = files_below(FORETIDE_SOURCE_DIR);
  return files;
}

class Tree : public testing::TestWithParam<Rule> {};

TEST_P(Tree, KeepsTheRule) {
  for (const auto& file : tree()) {
    for (const auto& [path, line, what] : GetParam().findings(file)) {
      ADD_FAILURE() << path << (line > 0 ? ":" + std::to_string(line) : "") << ": " << what;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Tree, testing::ValuesIn(all_rules()),
                         [](const auto& rule) { return std::string(rule.param.name); });

TEST(Tree, IsSeenWhole) {
  int sources = 0;
  for (const auto& file : tree()) {
    if (is_cpp(file)) ++sources;
    EXPECT_FALSE(file.path.starts_with("build/")) << file.path;
  }
  EXPECT_GT(sources, 50);
}

}  // namespace
}  // namespace foretide::tidy
