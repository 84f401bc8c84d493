#include "common/wire/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/wire/limits.hpp"
#include "sample_messages.hpp"

namespace foretide::wire {
namespace {

using testing::HasSubstr;

// A Welcome by hand: envelope [1, 2, 7, 42, "s", 1, 5, BODY].
std::string welcome_with(const std::string& body) {
  return std::string("\x98\x01\x02\x07\x2a\xa1s\x01\x05", 9) + body;
}
const std::string kGoodBody = std::string(
    "\x82\xa1n\xa1x\xa1"
    "e\x07",
    8);

std::string error_of(const std::string& bytes) {
  const auto decoded = decode(bytes);
  return decoded ? "(was read)" : decoded.error();
}

TEST(Codec, ReadsAHandWrittenMessage) {
  const auto decoded = decode(welcome_with(kGoodBody));
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(std::get<Welcome>(decoded->body), (Welcome{.name = "x", .epoch = 7}));
}

TEST(Codec, CarriesTheTableThatACountWasTakenUnder) {
  TrafficReport report = sample_traffic_report();
  report.services[0].applied = Stamp{7, 43};
  const auto decoded = decode(encode({sample_envelope(), report}));
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(std::get<TrafficReport>(decoded->body), report);
}

TEST(Codec, RefusesWhatIsNoMessageAtAll) {
  for (const std::string& bytes :
       {std::string{}, std::string("\xc1"), std::string("hello"), std::string("\x90"),
        std::string("\x80"), std::string(3, '\0')}) {
    EXPECT_FALSE(decode(bytes));
  }
}

TEST(Codec, RefusesEveryTruncationOfEveryMessage) {
  for (const auto& [name, message] : sample_messages()) {
    const std::string bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(decode({bytes.data(), size})) << name << " cut to " << size;
    }
  }
}

TEST(Codec, RefusesBytesBehindTheEnd) {
  EXPECT_THAT(error_of(welcome_with(kGoodBody) + "\xc0"), HasSubstr("bytes follow its end"));
}

TEST(Codec, RefusesDuplicateKeysEvenBelowUnknownOnes) {
  EXPECT_THAT(error_of(welcome_with(std::string("\x83\xa1n\xa1x\xa1"
                                                "e\x07\xa1"
                                                "e\x08",
                                                11))),
              HasSubstr("'e' comes twice"));
  EXPECT_THAT(error_of(welcome_with(std::string("\x83\xa1n\xa1x\xa1"
                                                "e\x07\xa1z\x82\xa1y\x01\xa1y\x01",
                                                17))),
              HasSubstr("'y' comes twice"));
}

TEST(Codec, NamesAMissingKey) {
  EXPECT_THAT(error_of(welcome_with(std::string("\x81\xa1n\xa1x", 5))),
              HasSubstr("Welcome e: is missing"));
}

TEST(Codec, NamesAWrongTypeAndANegativeNumber) {
  EXPECT_THAT(error_of(welcome_with(std::string("\x82\xa1n\x01\xa1"
                                                "e\x07",
                                                7))),
              HasSubstr("n: is no text"));
  EXPECT_THAT(error_of(welcome_with(std::string("\x82\xa1n\xa1x\xa1"
                                                "e\xff",
                                                8))),
              HasSubstr("e: is negative"));
  EXPECT_THAT(error_of(welcome_with(std::string("\x82\xa1n\xa1x\xa1"
                                                "e\xc0",
                                                8))),
              HasSubstr("e: is no whole number"));
}

TEST(Codec, RefusesANumberTooLargeForItsField) {
  Message message{sample_envelope(), Enrolled{.name = "x", .control = {"", 65535}}};
  std::string bytes = encode(message);
  const auto at = bytes.find("\xcd\xff\xff");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 3, std::string("\xce\x00\x01\x00\x00", 5));
  EXPECT_THAT(error_of(bytes), HasSubstr("c: is too large"));
}

TEST(Codec, TellsWhereInTheTreeAFaultLies) {
  auto report = sample_node_report();
  report.workers[1].pid = -5;
  EXPECT_TRUE(
      decode(encode({sample_envelope(), report})));  // a pid is signed: not the codec's matter
  report.workers[1].phase = static_cast<WorkerPhase>(99);
  EXPECT_THAT(error_of(encode({sample_envelope(), report})),
              HasSubstr("NodeReport w[1].p: has the unknown value 99"));
}

TEST(Codec, RefusesNumbersThatAreNotFiniteOrBelowZero) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -0.5}) {
    auto sample = sample_node_sample();
    sample.host.cpu_usage = bad;
    EXPECT_FALSE(decode(encode({sample_envelope(), sample}))) << bad;
  }
}

TEST(Codec, RefusesADurationNobodyMeant) {
  auto table = sample_service_table();
  table.policy.queue_wait = kDurationMax + std::chrono::milliseconds{1};
  EXPECT_THAT(error_of(encode({sample_envelope(), table})), HasSubstr("p.w: is too long"));
}

TEST(Codec, RefusesAnUnknownTypeAndAVersionFromFarAhead) {
  std::string bytes = welcome_with(kGoodBody);
  bytes[2] = 99;
  EXPECT_THAT(error_of(bytes), HasSubstr("type 99 is unknown"));
  bytes = welcome_with(kGoodBody);
  bytes[1] = 3;
  EXPECT_THAT(error_of(bytes), HasSubstr("version 3"));
  bytes[1] = 0;
  EXPECT_THAT(error_of(bytes), HasSubstr("version 0"));
}

TEST(Codec, ClaimsOfHugeOrDeepContainersAreRefusedAtOnce) {
  EXPECT_FALSE(decode(std::string("\xdd\xff\xff\xff\xff", 5)));
  EXPECT_FALSE(decode(std::string("\xdf\xff\xff\xff\xff", 5)));
  EXPECT_FALSE(decode(std::string("\xdb\xff\xff\xff\xff", 5)));
  EXPECT_FALSE(decode(std::string(1'000'000, '\x91')));
}

TEST(Codec, SendsOnlyWhatIsKnown) {
  const std::string bytes = encode({sample_envelope(), NodeSample{}});
  EXPECT_LT(bytes.size(), 50u);
  const auto decoded = decode(bytes);
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(std::get<NodeSample>(decoded->body).host.cpu_usage, std::nullopt);
}

TEST(Codec, MendsTextThatIsNotUtf8OnTheWayOut) {
  auto report = sample_node_report();
  report.workers[1].last_output = {"half \xC3"};
  const auto decoded = decode(encode({sample_envelope(), report}));
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(std::get<NodeReport>(decoded->body).workers[1].last_output[0], "half \xEF\xBF\xBD");
}

TEST(Codec, RefusesTextThatIsNotUtf8) {
  EXPECT_THAT(error_of(welcome_with(std::string("\x82\xa1n\xa1\xc3\xa1"
                                                "e\x07",
                                                8))),
              HasSubstr("not UTF-8"));
}

TEST(Codec, TheLargestHonestMessagesFit) {
  ServiceTable table = sample_service_table();
  table.endpoints.assign(500, {.id = {"web-7-1"}, .address = {"10.0.0.7", 20000}});
  NodeReport report = sample_node_report();
  report.workers.assign(500, report.workers[1]);
  DesiredSet set = sample_desired_set();
  for (int i = 0; i < 500; ++i) set.specs[{std::to_string(i)}] = set.specs.begin()->second;
  for (const Body& body : {Body{table}, Body{report}, Body{set}}) {
    const std::string bytes = encode({sample_envelope(), body});
    EXPECT_LT(bytes.size(), kControlBytesMax);
    const auto decoded = decode(bytes);
    ASSERT_TRUE(decoded) << decoded.error();
    EXPECT_EQ(decoded->body, body);
  }
}

// Seeded: a failure can be repeated. Whatever still reads must also write and read again.
TEST(Codec, RandomChangesNeverCrashItAndNeverThrow) {
  std::mt19937_64 random(20240607);
  std::size_t read = 0;
  for (const auto& [name, message] : sample_messages()) {
    const std::string good = encode(message);
    for (int round = 0; round < 3000; ++round) {
      std::string bytes = good;
      for (std::uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = random() % bytes.size();
        switch (random() % 4) {
          case 0:
            bytes[at] = static_cast<char>(random());
            break;
          case 1:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
            break;
          case 2:
            bytes.insert(at, 1, static_cast<char>(random()));
            break;
          default:
            bytes.erase(at, 1 + random() % 3);
            break;
        }
        if (bytes.empty()) break;
      }
      const auto decoded = decode(bytes);
      if (!decoded) {
        ASSERT_THAT(decoded.error(), HasSubstr("dropped"));
        continue;
      }
      ++read;
      ASSERT_EQ(*decode(encode(*decoded)), *decoded) << name;
    }
  }
  EXPECT_GT(read, 100u);
}

}  // namespace
}  // namespace foretide::wire
