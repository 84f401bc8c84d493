// The bytes of every message type are kept in tests/fixtures/wire/NAME.hex. A change of these files
// is a change of the protocol: version N must still read what version N-1 wrote. To write them anew
// after a deliberate addition: FORETIDE_REGENERATE=1 unit-common --gtest_filter='Golden.*'
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "common/wire/codec.hpp"
#include "sample_messages.hpp"

namespace foretide::wire {
namespace {

std::string path_of(const std::string& name) {
  return std::string(FORETIDE_FIXTURES) + "/wire/" + name + ".hex";
}

std::string to_hex(const std::string& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte >> 4];
    text += digits[byte & 15];
    if (i % 32 == 31 || i + 1 == bytes.size()) text += '\n';
  }
  return text;
}

std::string from_hex(const std::string& text) {
  std::string bytes;
  std::string digits;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c))) digits += c;
    if (digits.size() == 2) {
      bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
      digits.clear();
    }
  }
  return bytes;
}

std::string read_golden(const std::string& name) {
  std::ifstream in(path_of(name));
  EXPECT_TRUE(in) << path_of(name);
  return from_hex({std::istreambuf_iterator<char>(in), {}});
}

TEST(Golden, EveryMessageTypeReadsAndWritesTheSameBytes) {
  for (const auto& [name, message] : sample_messages()) {
    if (std::getenv("FORETIDE_REGENERATE")) std::ofstream(path_of(name)) << to_hex(encode(message));
    const std::string golden = read_golden(name);
    EXPECT_EQ(to_hex(encode(message)), to_hex(golden)) << name;
    const auto decoded = decode(golden);
    ASSERT_TRUE(decoded) << name << ": " << decoded.error();
    EXPECT_EQ(*decoded, message) << name;
  }
}

// traffic_report.hex is from before durations were counted.
TEST(Golden, AnOlderBalancersReportSaysNothingOfDurations) {
  const auto decoded = decode(read_golden("traffic_report"));
  ASSERT_TRUE(decoded) << decoded.error();
  for (const auto& service : std::get<TrafficReport>(decoded->body).services) {
    EXPECT_FALSE(service.durations) << "not known, which is not: none";
  }
  const auto newer = decode(read_golden("traffic_report_durations"));
  ASSERT_TRUE(newer) << newer.error();
  const auto& services = std::get<TrafficReport>(newer->body).services;
  EXPECT_EQ(services[0].durations, (Durations{12, {3, 0, 985, 70'000}}));
  EXPECT_EQ(services[1].durations, Durations{});
}

// Neither side needs the other to know of metrics: an old agent's samples have none, and an old
// coordinator's sets ask for none.
TEST(Golden, AnOlderPeersMessagesSayNothingOfMetrics) {
  const auto set = decode(read_golden("desired_set"));
  ASSERT_TRUE(set) << set.error();
  EXPECT_TRUE(std::get<DesiredSet>(set->body).specs.begin()->second.metrics.empty());
  const auto sample = decode(read_golden("node_sample"));
  ASSERT_TRUE(sample) << sample.error();
  EXPECT_TRUE(std::get<NodeSample>(sample->body).workers[0].metrics.empty());
}

// newer_node_report.hex was written by hand: version 2, a ninth element of the envelope, a key "zz"
// in the body and one in a worker's map.
TEST(Golden, ANewerVersionsMessageIsReadWithoutItsUnknownKeys) {
  const auto decoded = decode(read_golden("newer_node_report"));
  ASSERT_TRUE(decoded) << decoded.error();
  const auto& report = std::get<NodeReport>(decoded->body);
  EXPECT_EQ(report.applied, (Stamp{7, 41}));
  ASSERT_EQ(report.workers.size(), 1u);
  EXPECT_EQ(report.workers[0].id.text, "web-7-1");
  EXPECT_EQ(report.workers[0].phase, WorkerPhase::kReady);
}

}  // namespace
}  // namespace foretide::wire
