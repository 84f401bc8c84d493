#include "common/settings/yaml_tree.hpp"

#include <gtest/gtest.h>

#include <string>

namespace foretide::settings {
namespace {

std::string problems_of(const std::string& yaml) {
  Problems problems;
  yaml_tree_for(yaml, problems);
  return problems.text("f");
}

TEST(YamlTree, KnowsWhereEverythingStands) {
  Problems problems;
  const auto tree = yaml_tree_for("a: 1\nb:\n  - x\n  - {c: \"d\"}\n", problems);
  ASSERT_TRUE(tree && problems.empty());
  ASSERT_EQ(tree->entries.size(), 2u);
  EXPECT_EQ(tree->entries[0].value.text, "1");
  EXPECT_EQ(tree->entries[0].value.at, (Position{1, 4}));
  const YamlNode& list = tree->entries[1].value;
  EXPECT_EQ(tree->entries[1].key_at, (Position{2, 1}));
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[1].entries[0].key_at, (Position{4, 6}));
  EXPECT_EQ(list.items[1].entries[0].value.at, (Position{4, 9}));
  EXPECT_TRUE(list.items[1].entries[0].value.quoted);
  EXPECT_FALSE(list.items[0].quoted);
}

TEST(YamlTree, PlacesAnEmptyValueAtItsKeyOrDash) {
  Problems problems;
  const auto tree = yaml_tree_for("a:\n\nb:\n  -\n  - x\n", problems);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->entries[0].value.at, (Position{1, 1}));
  EXPECT_EQ(tree->entries[1].value.items[0].kind, YamlNode::Kind::kNothing);
  EXPECT_EQ(tree->entries[1].value.items[0].at, (Position{4, 3}));
}

TEST(YamlTree, CountsColumnsInCharacters) {
  Problems problems;
  const auto tree = yaml_tree_for("\xEF\xBB\xBFgrün: ü # é\r\n\"ß\": {a: b}\r\n", problems);
  ASSERT_TRUE(tree) << problems.text("f");
  EXPECT_EQ(tree->entries[0].value.at, (Position{1, 7}));
  EXPECT_EQ(tree->entries[1].value.entries[0].value.at, (Position{2, 10}));
}

TEST(YamlTree, KeepsTheFirstOfTwoEqualKeys) {
  Problems problems;
  const auto tree = yaml_tree_for("a: 1\nb: 2\na: {x: 3}\n", problems);
  ASSERT_TRUE(tree);
  EXPECT_EQ(problems.text("f"), "f:3:1: 'a' is given twice, first on line 1");
  ASSERT_EQ(tree->entries.size(), 2u);
  EXPECT_EQ(tree->find("a")->value.text, "1");
}

// A cron expression that begins with a star is an alias to YAML.
TEST(YamlTree, AsksToQuoteAStar) {
  const std::string told =
      ": a value that begins with * (in YAML it stands for another value), put it in quotes such "
      "as \"*/5 * * * *\"";
  EXPECT_EQ(problems_of("a: 1\nfrom: */5 * * * *\n"), "f:2:7" + told);
  EXPECT_EQ(problems_of("- {from: */5 * * * *, for: 1m}\n"), "f:1:10" + told);
  EXPECT_EQ(problems_of("- {for: 1m, from: * 8 * * *}\n"), "f:1:19" + told);
  EXPECT_EQ(problems_of("from: * * * * *\n"), "f:1:7" + told);
  EXPECT_EQ(problems_of("from: \"*/5 * * * *\"\nto: 0 18 * * *\n"), "");
}

TEST(YamlTree, RefusesWhatSettingsDoNotNeed) {
  EXPECT_EQ(problems_of("a: &x 1\nb: *x\n"),
            "f:1:4: an anchor (&), write each value out where it is meant\n"
            "f:2:4: an alias (*), write the value out");
  EXPECT_EQ(problems_of("a: !!str b\n"), "f:1:4: a tag (!), remove it");
  EXPECT_EQ(problems_of("a: 1\n---\nb: 2\n---\nc: 3\n"),
            "f:2:1: a second document, keep to one per file");
  EXPECT_EQ(problems_of(",\n"),
            "f:1:1: not YAML (this belongs to nothing before it), look at the brackets and the "
            "indentation");
  EXPECT_EQ(problems_of("? [a]\n: b\n"),
            "f:1:3: a key that is not plain text, put it in quotes if it is meant");
  EXPECT_EQ(problems_of("a: 1\n  \tb: 2\n"), "f:2:3: a tab in the indentation, YAML wants spaces");
  EXPECT_EQ(problems_of("a: \"b\n"), "f:1:4: a quote that is never closed");
  EXPECT_EQ(problems_of("a: 'b''\n"), "f:1:4: a quote that is never closed");
  EXPECT_EQ(problems_of("a: \xFF\n"), "f:1:4: not UTF-8 text, save the file in that encoding");
  EXPECT_EQ(problems_of("ü: \x01\n"), "f:1:4: a control character, remove it");
  EXPECT_EQ(problems_of(std::string("a: \0b\n", 6)), "f:1:4: a control character, remove it");
  EXPECT_EQ(
      problems_of("a: b: c\n"),
      "f:1:5: not YAML (illegal map value), put a value that holds ': ' in quotes, or look at "
      "the indentation");
}

TEST(YamlTree, RefusesDepthAndSizeBeyondTheLimits) {
  EXPECT_EQ(problems_of(std::string(32, '[') + std::string(32, ']')), "");
  EXPECT_EQ(problems_of(std::string(33, '[') + std::string(33, ']')),
            "f:1:33: nested too deeply, 32 levels at most");
  EXPECT_TRUE(
      problems_of(std::string(1'000'000, '[')).ends_with(": nested too deeply, 32 levels at most"));
  EXPECT_EQ(problems_of(std::string((1 << 20) + 1, ' ')),
            "f:1:1: the text is larger than 1 MiB, which no settings file needs");
}

TEST(Problems, TellsNoMoreThanAHundred) {
  Problems problems;
  for (int i = 200; i > 0; --i) problems.add({i, 1}, "x");
  const std::string text = problems.text("f");
  EXPECT_TRUE(text.starts_with("f:1:1: x\nf:2:1: x\n"));
  EXPECT_TRUE(text.ends_with("f:100:1: x\nf: and 100 problems more"));
  Problems just_beyond;
  for (int i = 101; i > 0; --i) just_beyond.add({i, 1}, "x");
  EXPECT_TRUE(just_beyond.text("f").ends_with("f:100:1: x\nf: and 1 problem more"));
}

}  // namespace
}  // namespace foretide::settings
