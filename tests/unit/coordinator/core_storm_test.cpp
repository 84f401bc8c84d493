// Storms: for two minutes everything that can go wrong does, by chance from a printed seed; then
// the sky clears, and a while later everything must be as it should be. What the world checks at
// every step (stamps never go back, nothing is sent before it is durable) is checked all along, and
// so is this: no worker that is wanted ends but by an order, and no request goes where a drain was
// acknowledged.
#include <gmock/gmock.h>

#include <random>

#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

const ServiceId kWeb{"web"};

class Storm {
 public:
  explicit Storm(unsigned seed) : random_(seed) {
    settle(world, service(0));
    for (const char* name : {"node-b", "node-c"}) world.join_agent(name);
    world.join_balancer("west");
  }

  void blow() {
    for (int i = 0; i < 240; ++i) {
      for (int n = pick(3); n > 0; --n) happen();
      world.pass(500ms);
    }
  }

  void clear() {
    for (auto& [id, agent] : world.agents) {
      agent.silent = agent.fails = false;
      for (auto& [worker, said] : agent.workers) {
        if (said.phase == wire::WorkerPhase::kBackingOff) said.phase = wire::WorkerPhase::kReady;
      }
      world.say_hello(id);
    }
    for (auto& [id, balancer] : world.balancers) {
      balancer.silent = false;
      balancer.acks = true;
      balancer.rate[kWeb] = 20.0;
      balancer.pinned.clear();
      world.say_hello(id);
    }
    world.happens(ScaleSet{kWeb, std::nullopt, {}});
    world.pass(400s);  // the forecast remembers the weather for five minutes
  }

  World world;

 private:
  int pick(int below) { return std::uniform_int_distribution(0, below - 1)(random_); }
  static ServiceSettings service(int release) {
    ServiceSettings service = service_named("web");
    service.worker.argv.push_back(std::to_string(release));
    service.worker.stop.drain = 5s;
    return service;
  }
  NodeId any_node() { return {std::string("node-") + "abc"[pick(3)]}; }
  BalancerId any_balancer() { return {pick(2) == 0 ? "edge" : "west"}; }

  void happen() {
    Agent& agent = world.agents.at(any_node());
    Balancer& balancer = world.balancers.at(any_balancer());
    switch (pick(12)) {
      case 0:
        agent.silent = !agent.silent;
        break;
      case 1:
        balancer.silent = !balancer.silent;
        break;
      case 2:
        balancer.acks = !balancer.acks;
        break;
      case 3:
        balancer.rate[kWeb] = 40.0 * pick(8);
        break;
      case 4:
        agent.fails = !agent.fails;
        break;
      case 5:
        world.happens(ScaleSet{kWeb, static_cast<std::uint32_t>(pick(6)), 20s});
        break;
      case 6:
        world.reload({service(pick(3))});
        break;
      case 7:
        if (pick(4) == 0) world.restart();
        break;
      case 8:
        restart(agent);
        break;
      case 9:
        crash(agent);
        break;
      case 10:
        for (const NodeId& id : {NodeId{"node-a"}, NodeId{"node-b"}, NodeId{"node-c"}}) {
          if (!world.agents.at(id).silent) world.say_hello(id);
        }
        break;
      default:
        for (const BalancerId& id : {BalancerId{"edge"}, BalancerId{"west"}}) {
          if (!world.balancers.at(id).silent) world.say_hello(id);
        }
    }
  }
  void restart(Agent& agent) { agent.session += "+"; }
  void crash(Agent& agent) {
    for (auto& [id, said] : agent.workers) {
      if (said.phase != wire::WorkerPhase::kReady || pick(2) == 0) continue;
      said.phase = wire::WorkerPhase::kStarting;
      ++said.failures;
      agent.ready_at[id] = world.now + 2s;
      agent.changed = true;
    }
  }

  std::mt19937 random_;
};

class Storms : public testing::TestWithParam<unsigned> {};

TEST_P(Storms, EndInOrder) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Storm storm(GetParam());
  storm.blow();
  storm.clear();
  const ServiceView view = storm.world.view("web");
  EXPECT_EQ(view.desired, 1u);
  EXPECT_EQ(view.ready, 1u);
  EXPECT_EQ(view.workers.size(), 1u);
  EXPECT_EQ(storm.world.running(), 1u) << "nothing runs that nobody knows";
  EXPECT_EQ(view.release, view.workers.at(0).release);
  for (const auto& [id, balancer] : storm.world.balancers) {
    const auto& endpoints = balancer.tables.at(kWeb).endpoints;
    ASSERT_EQ(endpoints.size(), 1u);
    EXPECT_EQ(endpoints[0].id, view.workers[0].id);
    EXPECT_EQ(endpoints[0].state, wire::EndpointState::kActive);
  }
  for (const auto& [id, agent] : storm.world.agents) {
    EXPECT_EQ(agent.applied, storm.world.state.nodes.at(id).set.stamp);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Storms, testing::Range(1u, 41u));

}  // namespace
}  // namespace foretide::coordinator::story
