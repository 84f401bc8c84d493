// `scale.signals` whose values are asked for: queues, and what workers tell of themselves.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/settings/cluster_file.hpp"
#include "common/settings/release.hpp"
#include "common/settings/signals_section.hpp"

namespace foretide {
namespace {

using namespace std::chrono_literals;

Result<ClusterSettings> parsed(const std::string& signals, const std::string& more = "workdir: /") {
  return parse_cluster("version: 1\nservices:\n  web:\n    command: ./s\n    " + more +
                           "\n    scale:\n      signals:\n" + signals,
                       "f");
}

std::vector<Signal> signals_of(const std::string& text) {
  const auto read = parsed(text);
  EXPECT_TRUE(read) << read.error();
  return read ? read->services[0].scale.signals : std::vector<Signal>();
}

TEST(QueueSignals, AreReadWithWhatStandsInTheAnswer) {
  const auto signals = signals_of(
      "        - {queue: \"http://127.0.0.1:9000/depth\", per_worker: 10}\n"
      "        - {queue: \"http://q/x?y=1\", field: data.waiting, per_worker: 0.5, every: 30s, "
      "name: mail}\n"
      "        - queue: http://q:9419/metrics\n"
      "          metric: rabbitmq_queue_messages{queue=\"jobs\"}\n"
      "          per_worker: 2\n"
      "          name: jobs\n");
  QueueDepth plain{.url = {{"127.0.0.1", 9000}, "/depth"}, .per_worker = 10.0};
  QueueDepth json{.name = "mail",
                  .url = {{"q", 80}, "/x?y=1"},
                  .field = "data.waiting",
                  .per_worker = 0.5,
                  .every = 30s};
  QueueDepth metric{.name = "jobs",
                    .url = {{"q", 9419}, "/metrics"},
                    .metric = MetricSelector{"rabbitmq_queue_messages", {{"queue", "jobs"}}},
                    .per_worker = 2.0};
  EXPECT_EQ(signals, (std::vector<Signal>{plain, json, metric}));
  ASSERT_EQ(signals.size(), 3u);
  EXPECT_EQ(name_of(signals[0]), "queue");
  EXPECT_EQ(name_of(signals[1]), "queue_mail");
  EXPECT_FALSE(is_limit(signals[0]));
  EXPECT_EQ(settings::scale_signal_text(signals[0]),
            "queue http://127.0.0.1:9000/depth, 10 for each worker, every 5s");
  EXPECT_EQ(
      settings::scale_signal_text(signals[1]),
      "queue http://q:80/x?y=1, field data.waiting, 0.5 for each worker, every 30s, name mail");
}

TEST(MetricSignals, AreReadAndTellWorkersWhatToBeAskedFor) {
  const auto read = parsed(
      "        - {metric: \"vllm:num_requests_waiting\", below: 5}\n"
      "        - {metric: jobs_total, rate: true, below: 2.5, take: max, path: /stats}\n"
      "        - {metric: \"vllm:num_requests_waiting\", below: 9, take: max, name: worst}\n");
  ASSERT_TRUE(read) << read.error();
  const ServiceSettings& web = read->services[0];
  const WorkerMetric waiting{.selector = {"vllm:num_requests_waiting", {}}};
  const WorkerMetric jobs{.selector = {"jobs_total", {}}, .path = "/stats", .rate = true};
  EXPECT_EQ(
      web.scale.signals,
      (std::vector<Signal>{
          MetricLimit{.metric = waiting, .below = 5.0},
          MetricLimit{.metric = jobs, .below = 2.5, .take = MetricLimit::Take::kMax},
          MetricLimit{
              .name = "worst", .metric = waiting, .below = 9.0, .take = MetricLimit::Take::kMax}}));
  EXPECT_EQ(web.worker.metrics, (std::vector{waiting, jobs})) << "each once";
  EXPECT_EQ(name_of(web.scale.signals[0]), "metric_vllm:num_requests_waiting");
  EXPECT_EQ(name_of(web.scale.signals[1]), "metric_rate of jobs_total at /stats");
  EXPECT_EQ(name_of(web.scale.signals[2]), "metric_worst");
  EXPECT_TRUE(is_limit(web.scale.signals[0]));
  EXPECT_TRUE(is_shared_out(web.scale.signals[0]));
  EXPECT_FALSE(is_shared_out(web.scale.signals[1])) << "the largest is nobody's sum";
  EXPECT_EQ(settings::scale_signal_text(web.scale.signals[1]),
            "metric rate of jobs_total at /stats below 2.5, max of the workers");
  const auto without = parsed("        - {cpu: 80%}\n");
  ASSERT_TRUE(without);
  EXPECT_EQ(release_for(web.worker), release_for(without->services[0].worker))
      << "what is asked of workers is not what they run";
}

TEST(AskedSignals, TellWhatIsWrongWhereItStands) {
  struct Bad {
    std::string signals, problems;
  };
  const std::vector<Bad> table{
      {"        - {queue: \"http://q/\"}\n",
       "f:8:11: 'per_worker' is missing, write how many items are one worker's worth, such as "
       "per_worker: 10"},
      {"        - {queue: \"https://q/\", per_worker: 1}\n",
       "f:8:19: 'queue' is https, and only http is spoken here: ask a proxy beside that speaks "
       "https, wants a URL such as http://127.0.0.1:9000/depth"},
      {"        - {queue: \"http://me:pw@q/\", per_worker: 1}\n",
       "f:8:19: 'queue' has a user before its host, which is not sent, wants a URL such as "
       "http://127.0.0.1:9000/depth"},
      {"        - {queue: \"http://q/\", per_worker: 0}\n",
       "f:8:44: 'per_worker' is '0', wants a number from 0.001 to 1000000"},
      {"        - {queue: \"http://q/\", per_worker: 1, every: 100ms}\n",
       "f:8:54: 'every' is '100ms', wants a duration from 1s to 5m"},
      {"        - {queue: \"http://q/\", per_worker: 1, field: a..b}\n",
       "f:8:54: 'field' is 'a..b', wants a path of names such as data.waiting"},
      {"        - {queue: \"http://q/\", per_worker: 1, name: My Queue}\n",
       "f:8:53: 'name' is 'My Queue', wants a name of a-z, 0-9, - and _, 40 at most"},
      {"        - {queue: \"http://q/\", per_worker: 1, field: a, metric: m}\n",
       "f:8:47: 'field' is of JSON and 'metric' of Prometheus text, keep one of them"},
      {"        - {queue: \"http://q/\", per_worker: 1, below: 5}\n",
       "f:8:47: 'below' goes with 'latency' and 'metric', not with 'queue'"},
      {"        - {queue: \"http://q/\", per_worker: 1}\n        - {queue: \"http://r/\", "
       "per_worker: 1}\n",
       "f:9:11: 'queue' is given twice, first on line 8, give each a name: of its own"},
      {"        - {metric: m}\n", "f:8:11: 'below' is missing, write the limit such as below: 5"},
      {"        - {metric: \"sum(m)\", below: 1}\n",
       "f:8:20: 'metric' is 'sum(m)', wants a metric's name, perhaps with labels, such as "
       "jobs_waiting or 'jobs_waiting{queue=\"mail\"}'"},
      {"        - {metric: m, below: 300ms}\n",
       "f:8:30: 'below' is '300ms', wants a number from 1e-09 to 1e+15"},
      {"        - {metric: m, below: 1, path: metrics}\n",
       "f:8:39: 'path' is 'metrics', wants a path such as /metrics"},
      {"        - {metric: m, below: 1, take: min}\n",
       "f:8:39: 'take' is 'min', wants one of mean, max"},
      {"        - {metric: m, below: 1, rate: often}\n",
       "f:8:39: 'rate' is 'often', wants true or false"},
      {"        - {metric: m, below: 1, per_worker: 2}\n",
       "f:8:33: 'per_worker' goes with 'queue', not with 'metric'"},
      {"        - {metric: m, below: 1}\n        - {metric: m, below: 2}\n",
       "f:9:11: 'metric_m' is given twice, first on line 8, give each a name: of its own"},
      {"        - {cpu: 80%, rate: true}\n", "f:8:22: 'rate' goes with 'metric', not with 'cpu'"},
      {"        - {cpu: 80%, name: x}\n",
       "f:8:22: 'name' goes with 'queue' and 'metric', not with 'cpu'"},
  };
  for (const Bad& bad : table) {
    const auto read = parsed(bad.signals);
    ASSERT_FALSE(read) << bad.signals;
    EXPECT_EQ(read.error(), bad.problems);
  }
}

TEST(MetricSignals, AreNotAskedOfWorkersThatSpeakTls) {
  const auto read = parsed("        - {metric: m, below: 1}\n", "tls: {verify: false}");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(),
            "f:8:12: 'metric' is asked for by plain http, which workers that speak TLS do not "
            "hear, remove it");
}

}  // namespace
}  // namespace foretide
