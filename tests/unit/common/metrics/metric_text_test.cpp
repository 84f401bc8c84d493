// Numbers read from Prometheus text.
#include "common/metrics/metric_text.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace foretide {
namespace {

using testing::HasSubstr;

std::optional<double> sum_of(const std::string& selector, const std::string& text) {
  const auto wanted = metric_selector_in(selector);
  EXPECT_TRUE(wanted) << selector;
  const auto sums = metric_sums_in(text, std::vector{*wanted});
  EXPECT_TRUE(sums) << sums.error();
  return sums->front();
}

std::string trouble_in(const std::string& text) {
  const auto sums = metric_sums_in(text, std::vector{MetricSelector{"m", {}}});
  return sums ? "" : sums.error();
}

const std::string kPage =
    "# HELP vllm:num_requests_waiting Number of requests waiting to be processed.\n"
    "# TYPE vllm:num_requests_waiting gauge\n"
    "vllm:num_requests_waiting{engine=\"0\",model_name=\"a{b}, \\\"c\\\"\"} 3.0\n"
    "vllm:num_requests_waiting{engine=\"1\",model_name=\"small\"} 4.0 1700000000000\n"
    "vllm:num_requests_waiting_total 100\n"
    "up 1\n"
    "python_gc_objects_collected_total{generation=\"0\"} 1.2e+06\n"
    "latency_bucket{le=\"+Inf\"} 17\n";

TEST(MetricText, SumsTheSeriesOfAName) {
  EXPECT_EQ(sum_of("vllm:num_requests_waiting", kPage), 7.0);
  EXPECT_EQ(sum_of("up", kPage), 1.0);
  EXPECT_EQ(sum_of("python_gc_objects_collected_total", kPage), 1.2e6);
}

TEST(MetricText, TakesThoseWithTheLabelsThatAreGivenWhateverOthersTheyHave) {
  EXPECT_EQ(sum_of("vllm:num_requests_waiting{engine=\"1\"}", kPage), 4.0);
  EXPECT_EQ(sum_of("vllm:num_requests_waiting{model_name=\"a{b}, \\\"c\\\"\"}", kPage), 3.0);
  EXPECT_EQ(sum_of("latency_bucket{le=\"+Inf\"}", kPage), 17.0);
  EXPECT_EQ(sum_of("vllm:num_requests_waiting{engine=\"2\"}", kPage), std::nullopt);
  EXPECT_EQ(sum_of("vllm:num_requests_waiting{engine=\"1\",model_name=\"big\"}", kPage),
            std::nullopt);
}

TEST(MetricText, HasNothingWhereTheNameIsNotThere) {
  EXPECT_EQ(sum_of("vllm:num_requests", kPage), std::nullopt) << "the beginning of a name is none";
  EXPECT_EQ(sum_of("up", ""), std::nullopt);
  EXPECT_EQ(sum_of("up", "# up 1\n"), std::nullopt);
}

TEST(MetricText, AnswersForEachThatIsWanted) {
  const auto sums =
      metric_sums_in("b 2\na 1\n", std::vector<MetricSelector>{{"a", {}}, {"x", {}}, {"b", {}}});
  ASSERT_TRUE(sums);
  EXPECT_EQ(*sums, (std::vector<std::optional<double>>{1.0, std::nullopt, 2.0}));
}

TEST(MetricText, ReadsEveryFormOfALine) {
  EXPECT_EQ(sum_of("m", "m 1"), 1.0) << "without an end of line";
  EXPECT_EQ(sum_of("m", "m\t1 \r\n"), 1.0);
  EXPECT_EQ(sum_of("m", "  m 1\n"), 1.0);
  EXPECT_EQ(sum_of("m", "m{} 1\n"), 1.0);
  EXPECT_EQ(sum_of("m", "m { a = \"x\" , } 1\n"), 1.0);
  EXPECT_EQ(sum_of("m", "m{a=\"\\\\\\n\"} -1.5 -3\n"), -1.5);
  EXPECT_EQ(sum_of("m", "m +2\n"), 2.0);
  EXPECT_TRUE(std::isnan(*sum_of("m", "m NaN\n")));
  EXPECT_TRUE(std::isinf(*sum_of("m", "m +Inf\n")));
  EXPECT_TRUE(std::isinf(*sum_of("m", "m -Inf\n")));
}

TEST(MetricText, RefusesALineOfTheNameThatIsNotAsItShouldBe) {
  for (const char* line : {"m",
                           "m ",
                           "m one",
                           "m 0x10",
                           "m 1e999",
                           "m +-1",
                           "m 1 soon",
                           "m 1 2 3",
                           "m{a=\"x\" 1",
                           "m{a=x} 1",
                           "m{a=\"x} 1",
                           "m{a=\"\\x\"} 1",
                           "m{a=\"x\\",
                           "m{=\"x\"} 1",
                           "m{a:b=\"x\"} 1",
                           "m{a=\"x\"b=\"y\"} 1",
                           "m{a=\"x\",a=\"x\"} 1",
                           "m{,} 1",
                           "m{a=\"x\"}",
                           "m\"x\" 1",
                           "m 1 # {id=\"x\"} 1",
                           "m 1 12345678901234567890"}) {
    EXPECT_EQ(trouble_in(std::string("up 1\n") + line + "\n"),
              "line 2, of m, is not as Prometheus text should be")
        << line;
  }
}

TEST(MetricText, DoesNotLookAtLinesThatNobodyAskedFor) {
  EXPECT_EQ(trouble_in("other{ what is this\n\n\x01\xff garbage\nm 1\n"), "");
  EXPECT_EQ(sum_of("m", "<html>\n{\"json\": 1}\n"), std::nullopt);
}

TEST(MetricText, BoundsTheLabelsOfALine) {
  const auto with = [](std::size_t labels) {
    std::string line = "m{";
    for (std::size_t i = 0; i < labels; ++i) line += "l" + std::to_string(i) + "=\"\",";
    return line + "} 1\n";
  };
  EXPECT_EQ(trouble_in(with(kMetricLabelsMost)), "");
  EXPECT_THAT(trouble_in(with(kMetricLabelsMost + 1)), HasSubstr("line 1, of m"));
}

TEST(MetricSelector, IsWrittenAsItWasRead) {
  for (const char* text : {"m", "a:b_c", "m{a=\"x\"}", "m{a=\"\\\"\\\\\\n\",b=\"\"}"}) {
    const auto selector = metric_selector_in(text);
    ASSERT_TRUE(selector) << text;
    EXPECT_EQ(selector_text(*selector), text);
  }
  EXPECT_EQ(selector_text(*metric_selector_in("m{}")), "m");
  EXPECT_EQ(selector_text(*metric_selector_in("m{b=\"1\", a=\"2\"}")), "m{a=\"2\",b=\"1\"}");
}

TEST(MetricSelector, IsNothingElse) {
  for (const char* text : {"", " m", "m ", "1m", "m-n", "m{", "m{a}", "m{a=1}", "m{a=\"x\"} 1",
                           "m{a=~\"x\"}", "{a=\"x\"}", "sum(m)"}) {
    EXPECT_FALSE(metric_selector_in(text)) << text;
  }
}

}  // namespace
}  // namespace foretide
