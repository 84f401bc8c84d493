#include <gtest/gtest.h>

#include <array>

#include "common/settings/byte_sizes.hpp"
#include "common/settings/command_words.hpp"
#include "common/settings/durations.hpp"
#include "common/settings/near_word.hpp"

namespace foretide::settings {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

TEST(Durations, ReadsANumberWithItsUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("1.5m"), 90s);
  EXPECT_EQ(parse_duration("0.1s"), 100ms);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("2d"), 48h);
  EXPECT_EQ(parse_duration("0"), 0ms);
  EXPECT_EQ(parse_duration("366d"), kLongestDuration);
}

TEST(Durations, RefusesWhatIsNone) {
  for (const char* text : {"", "5", "s", "-1s", "-0s", "1 s", "1S", "1m30s", "1e3s", "0x1s", "nan",
                           "infs", "0.1ms", "367d", "99999999999999999999s", "1s\n", "+1s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Durations, WritesTheLargestUnitThatFits) {
  for (const char* text : {"0s", "1ms", "1500ms", "90s", "1m", "36h", "2d"}) {
    EXPECT_EQ(duration_text(*parse_duration(text)), text);
  }
}

TEST(ByteSizes, ReadsPowersOfAThousandAndOf1024) {
  EXPECT_EQ(parse_byte_size("512MiB"), 536'870'912u);
  EXPECT_EQ(parse_byte_size("2GB"), 2'000'000'000u);
  EXPECT_EQ(parse_byte_size("1.5KiB"), 1536u);
  EXPECT_EQ(parse_byte_size("1 TiB"), 1'099'511'627'776u);
  EXPECT_EQ(parse_byte_size("0B"), 0u);
}

TEST(ByteSizes, AreWrittenInTheLargestUnitThatFits) {
  for (const char* text : {"0B", "1B", "1500B", "1536B", "2KB", "3KiB", "512MiB", "5MB", "2GB",
                           "2GiB", "500GB", "1TiB"}) {
    EXPECT_EQ(byte_size_text(*parse_byte_size(text)), text);
  }
  EXPECT_EQ(byte_size_text(1'610'612'736), "1536MiB");
}

TEST(ByteSizes, RefusesWhatIsNone) {
  for (const char* text :
       {"", "512", "512M", "512Mi", "1mb", "-1B", "GB", "1e30TiB", "2000TiB", "nanB"}) {
    EXPECT_EQ(parse_byte_size(text), std::nullopt) << text;
  }
}

TEST(CommandWords, SplitsAsAShellWould) {
  const std::vector<std::pair<std::string, Words>> table{
      {"", {}},
      {"  \n ", {}},
      {"a  b\tc\nd", {"a", "b", "c", "d"}},
      {"a 'b c' \"d e\"", {"a", "b c", "d e"}},
      {"a''b \"\" ''", {"ab", "", ""}},
      {"--x='y z'w", {"--x=y zw"}},
      {"a\\ b \\\"", {"a b", "\""}},
      {"\"a\\\"b\\\\c\\n\\$\"", {"a\"b\\c\\n$"}},
      {"'a\\' b", {"a\\", "b"}},
      {"a \\\n b", {"a", "b"}},
      {"a\\\nb", {"ab"}},
      {"\"a\\\nb\"", {"ab"}},
      {"sh -c 'a && b | c'", {"sh", "-c", "a && b | c"}},
      {"a '&&' \\| \";\"", {"a", "&&", "|", ";"}},
      {"a $HOME ~ * {port} a&&b", {"a", "$HOME", "~", "*", "{port}", "a&&b"}},
      {"ä 'ö ü'", {"ä", "ö ü"}},
  };
  for (const auto& [command, words] : table) {
    const auto split = split_command(command);
    ASSERT_TRUE(split) << command << ": " << split.error();
    EXPECT_EQ(*split, words) << command;
  }
}

TEST(CommandWords, SaysWhatCannotBeSplit) {
  EXPECT_EQ(split_command("a 'b").error(), "has a ' that is never closed");
  EXPECT_EQ(split_command("a \"b").error(), "has a \" that is never closed");
  EXPECT_EQ(split_command("a \"b\\").error(), "has a \" that is never closed");
  EXPECT_EQ(split_command("a \\").error(), "ends in a backslash, which keeps nothing");
  EXPECT_EQ(split_command("a > b").error(),
            "holds '>', but no shell runs it: use sh -c '…', or quote that word");
  EXPECT_EQ(split_command("a |").error(),
            "holds '|', but no shell runs it: use sh -c '…', or quote that word");
}

TEST(NearWord, ForgivesTwoSlips) {
  constexpr std::array<std::string_view, 4> kKnown{"command", "capacity", "min", "max"};
  EXPECT_EQ(near_word("comand", kKnown), "command");
  EXPECT_EQ(near_word("ocmmand", kKnown), "command");
  EXPECT_EQ(near_word("comandd", kKnown), "command");
  EXPECT_EQ(near_word("mni", kKnown), "min");
  EXPECT_EQ(near_word("kommando", kKnown), "command");
  EXPECT_EQ(near_word("komando", kKnown), std::nullopt);
  EXPECT_EQ(near_word("", kKnown), std::nullopt);
  EXPECT_EQ(near_word(std::string(1000, 'x'), kKnown), std::nullopt);
}

TEST(NearWord, GuessesNothingBetweenTwoEquallyNear) {
  constexpr std::array<std::string_view, 2> kKnown{"min", "max"};
  EXPECT_EQ(near_word("mi", kKnown), "min");
  EXPECT_EQ(near_word("m", kKnown), std::nullopt);
}

}  // namespace
}  // namespace foretide::settings
