// Settings files that nobody meant: mutations of a good one, and bytes at random. Nothing of it may
// crash, hang or be taken for something else than a file with problems, each told at a line and
// column.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "common/settings/cluster_file.hpp"
#include "common/settings/node_settings.hpp"

namespace foretide {
namespace {

const std::string kGood = R"(# A cluster
version: 1
cluster: "lab"
listen: {traffic: ["0.0.0.0:80"], admin: '127.0.0.1:1'}
services:
  web:
    match: [{host: "*.example.org", header: {name: X, value: "\u00e4"}}, {path_prefix: /a}]
    command: >-
      ./s --title 'two words'
      --port {port}
    env:
      A: |
        text
    needs: {cpus: 0.5, memory: 512MiB}
    scale: {min: 0, max: 7, shortage: 1%, down: {window: 2m}}
  other:
    upstreams:
    - 10.0.0.1:80
)";

std::mt19937_64 seeded() {
  const char* given = std::getenv("FORETIDE_TEST_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "FORETIDE_TEST_SEED=" << seed << "\n";
  return std::mt19937_64(seed);
}

std::string mutated(std::string text, std::mt19937_64& random) {
  static const std::string kTelling = "{}[]:,-?&*!|>'\"%@`#\n \t\\~<=.0x\xC3\xFF";
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (std::size_t i = 1 + below(6); i > 0 && !text.empty(); --i) {
    const std::size_t at = below(text.size());
    switch (below(5)) {
      case 0:
        text[at] = kTelling[below(kTelling.size())];
        break;
      case 1:
        text.insert(at, 1, kTelling[below(kTelling.size())]);
        break;
      case 2:
        text.erase(at, 1 + below(10));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), below(40)));
        break;
      case 4:
        text.resize(at);
        break;
    }
  }
  return text;
}

void expect_told_at_positions(const std::string& problems) {
  EXPECT_TRUE(problems.starts_with("f:") && problems.back() != '\n') << problems;
}

TEST(Garbage, NeverCrashesTheReaderOfSettings) {
  auto random = seeded();
  int good = 0;
  for (int i = 0; i < 4'000; ++i) {
    const std::string yaml = mutated(kGood, random);
    const auto read = parse_cluster(yaml, "f");
    if (read) {
      ++good;
    } else {
      expect_told_at_positions(read.error());
    }
  }
  EXPECT_GT(good, 0) << "some mutations only touch a comment";
}

TEST(Garbage, OfRandomBytesIsRefused) {
  auto random = seeded();
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes(random() % 300, '\0');
    const bool ascii = random() % 2 == 0;
    for (char& c : bytes) c = static_cast<char>(ascii ? 32 + random() % 95 : random());
    const auto cluster = parse_cluster(bytes, "f");
    ASSERT_FALSE(cluster);
    expect_told_at_positions(cluster.error());
    EXPECT_FALSE(parse_agent_settings(bytes, "f"));
  }
}

TEST(Garbage, OfTheLargestSizeIsReadInBearableTime) {
  for (const std::string part :
       {"a", "- ", "[", "{",  "a: ",      "? ",  "- a\n", "'",     "\"",   "&a ",    "!",
        ",", "#",  "|", "\n", "k: {a: [", "*a ", "%A\n",  "---\n", "[a, ", "{a: b, "}) {
    std::string yaml;
    while (yaml.size() < 300'000) yaml += part;
    EXPECT_FALSE(parse_cluster(yaml, "f")) << part;
  }
}

}  // namespace
}  // namespace foretide
