// `scale.signals` in a cluster file.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/settings/cluster_file.hpp"

namespace foretide {
namespace {

using namespace std::chrono_literals;

// `service` is what stands beside `scale`, on one line of its own.
Result<ClusterSettings> parsed(const std::string& signals,
                               const std::string& service = "needs: {cpus: 2, memory: 2GiB}") {
  return parse_cluster("version: 1\nservices:\n  web:\n    command: ./s\n    " + service +
                           "\n    scale:\n      signals:\n" + signals,
                       "f");
}

TEST(Signals, AreReadEachAsAnItem) {
  const auto read = parsed(
      "        - {latency: p95, below: 300ms}\n"
      "        - {latency: p99.9, below: 2s}\n"
      "        - {cpu: 80%, of: needs}\n"
      "        - memory: 0.9\n"
      "        - {requests: 50}\n");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->services[0].scale.signals,
            (std::vector<Signal>{LatencyLimit{95.0, 300ms}, LatencyLimit{99.9, 2s}, CpuLimit{0.8},
                                 MemoryLimit{0.9}, RequestRate{50.0}}));
  std::vector<std::string> names;
  for (const Signal& signal : read->services[0].scale.signals) names.push_back(name_of(signal));
  EXPECT_EQ(names, (std::vector<std::string>{"latency_p95", "latency_p99.9", "cpu", "memory",
                                             "requests"}));
}

TEST(Signals, MayBeNone) {
  const auto read =
      parse_cluster("version: 1\nservices: {web: {command: ./s, scale: {signals: []}}}\n", "f");
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(read->services[0].scale.signals.empty());
}

TEST(Signals, TellWhatIsWrongWhereItStands) {
  struct Bad {
    std::string signals, problems;
  };
  const std::vector<Bad> table{
      {"        - {latency: p95}\n",
       "f:8:11: 'below' is missing, write the limit such as below: 300ms"},
      {"        - {latency: 95%, below: 1s}\n",
       "f:8:21: 'latency' is '95%', wants the percentile that is meant, such as p95, from p1 to "
       "p99.9"},
      {"        - {latency: p100, below: 1s}\n",
       "f:8:21: 'latency' is 'p100', wants the percentile that is meant, such as p95, from p1 to "
       "p99.9"},
      {"        - {latency: p95, below: 300}\n",
       "f:8:33: 'below' is '300', wants a duration with its unit, such as 500ms, 30s, 5m or 1h"},
      {"        - {latency: p95, below: 11m}\n",
       "f:8:33: 'below' is '11m', wants a duration from 1ms to 10m"},
      {"        - {latency: p95, below: 1s, of: needs}\n",
       "f:8:37: 'of' goes with 'cpu' and 'memory', not with 'latency'"},
      {"        - {cpu: lots}\n",
       "f:8:17: 'cpu' is 'lots', wants a share such as 1% or 0.01, from 1% to 1000%"},
      {"        - {cpu: 80%, of: node}\n", "f:8:26: 'of' is 'node', wants one of needs"},
      {"        - {cpu: 80%, below: 1s}\n",
       "f:8:22: 'below' goes with 'latency' and 'metric', not with 'cpu'"},
      {"        - {cpu: 80%, memory: 90%}\n",
       "f:8:22: 'memory' beside 'cpu' in one signal, write it as another item of the list"},
      {"        - {requests: 0}\n",
       "f:8:22: 'requests' is '0', wants a number from 0.001 to 1000000"},
      {"        - {cpus: 80%}\n", "f:8:12: unknown key 'cpus' in a signal, did you mean 'cpu'?"},
      {"        - {of: needs}\n",
       "f:8:11: a signal is one of latency, cpu, memory, requests, queue and metric, write for "
       "example {cpu: 80%}"},
      {"        - cpu\n",
       "f:8:11: 'signals' is 'cpu', wants a map with some of: latency, below, cpu, memory, of, "
       "requests, queue, field, per_worker, every, metric, path, take, rate, name"},
      {"        {cpu: 80%}\n",
       "f:8:9: 'signals' is a map, wants a list such as [{latency: p95, below: 300ms}, {cpu: "
       "80%}]"},
      {"        - {cpu: 80%}\n        - {latency: p95, below: 1s}\n        - {cpu: 90%}\n",
       "f:10:11: 'cpu' is given twice, first on line 8, keep one of them"},
      {"        - {latency: p95, below: 2s}\n        - {latency: p95.0, below: 1s}\n",
       "f:9:11: 'latency_p95' is given twice, first on line 8, keep one of them"},
  };
  for (const Bad& bad : table) {
    const auto read = parsed(bad.signals);
    ASSERT_FALSE(read) << bad.signals;
    EXPECT_EQ(read.error(), bad.problems);
  }
}

TEST(Signals, OfMemoryNeedWhatItIsAShareOf) {
  const std::string problem =
      "f:8:12: 'memory' is a share of 'needs.memory', which the service does not give, write for "
      "example needs: {memory: 2GiB}";
  for (const char* needs : {"workdir: /", "needs: {cpus: 2}", "needs: {memory: 0B}"}) {
    const auto read = parsed("        - {memory: 90%}\n", needs);
    ASSERT_FALSE(read) << needs;
    EXPECT_EQ(read.error(), problem) << needs;
  }
  EXPECT_TRUE(parsed("        - {cpu: 90%}\n", "workdir: /")) << "of one core then";
}

TEST(Signals, AreRefusedByNameWhereThereAreNoWorkers) {
  const auto read = parse_cluster(
      "version: 1\nservices:\n  web:\n    upstreams: [\"h:1\"]\n    scale:\n      signals: "
      "[{cpu: 80%}]\n",
      "f");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(),
            "f:5:5: 'scale' means nothing beside 'upstreams', remove it\n"
            "f:6:7: 'signals' tell how workers of ours fare, and 'upstreams' are none, remove it");
}

TEST(Signals, AreTenAtMost) {
  std::string signals;
  for (int i = 0; i < 10; ++i) {
    signals += "        - {latency: p" + std::to_string(80 + i) + ", below: 1s}\n";
  }
  EXPECT_TRUE(parsed(signals));
  signals += "        - {cpu: 80%}\n";
  ASSERT_FALSE(parsed(signals));
  EXPECT_EQ(parsed(signals).error(), "f:18:11: a signal too many, 10 at most");
  EXPECT_EQ(parsed("        - {cpu: x}\n" + signals).error(),
            "f:8:17: 'cpu' is 'x', wants a share such as 1% or 0.01, from 1% to 1000%\n"
            "f:18:11: a signal too many, 10 at most")
      << "what is wrong with others is told beside it";
}

}  // namespace
}  // namespace foretide
