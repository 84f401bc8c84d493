// What a worker can serve is found out where nobody has said it.
#include <gtest/gtest.h>

#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

json kind_in(const json& service) {
  const json kinds = service.value("capacity", json::object()).value("kinds", json::array());
  return kinds.empty() ? json::object() : kinds.front();
}

// Two workers that serve two at once each, never more or fewer of them; one client or eight. A slow
// machine makes requests longer and changes nothing of how many are served at once.
TEST(Capacity, IsLearnedFromWhatWorkersServe) {
  Cluster cluster("  web:\n    command: " + program("example-worker") +
                  " --host {host} --port {port} --slots 2 --service-time 40ms\n"
                  "    scale: {min: 2, max: 2}\n");
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 2));
  EXPECT_EQ(cluster.service("web").value("capacity_per_worker", 0.0), 8.0);

  Traffic traffic(cluster.traffic(), "/", 8);
  const auto began = std::chrono::steady_clock::now();
  const bool learned = eventually(
      [&] {
        const auto phase = (std::chrono::steady_clock::now() - began) % 40s;
        traffic.clients(phase < 30s ? 8 : 1);
        const json service = cluster.service("web");
        return kind_in(service).value("confidence", "") == "good" &&
               service.value("capacity_per_worker", 8.0) < 8.0;
      },
      180s);
  const json service = cluster.service("web");
  const Tally tally = traffic.stop();
  EXPECT_TRUE(learned) << service["capacity"];
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
  const json kind = kind_in(service);
  ASSERT_TRUE(kind.contains("knee") && kind["knee"].is_number()) << service["capacity"];
  EXPECT_GT(kind["knee"].get<double>(), 1.3) << service["capacity"];
  EXPECT_LT(kind["knee"].get<double>(), 3.2) << service["capacity"];
  EXPECT_FALSE(service["capacity"]["given"].get<bool>());

  const Ran told = cluster.foretide({"explain", "web"});
  EXPECT_NE(told.output.find("confidence good"), std::string::npos) << told.output;
}

}  // namespace
}  // namespace foretide::e2e
