// What threads share of a service's endpoints, as these come, leave and come back.
#include "balancer/core/service_slots.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "balancer/core/endpoint_set.hpp"

namespace foretide::balancer {
namespace {

using wire::EndpointState;

constexpr Instant kStart{std::chrono::hours(1)};

class SharedSlots : public testing::Test {
 protected:
  // One thread's endpoints with the slots that it was given for them.
  struct Thread {
    EndpointSet set;
    void apply(const wire::ServiceTable& table, const ServiceSlots::ById& slots) {
      set.apply(table);
      for (const auto& endpoint : set.endpoints()) {
        const auto found = slots.find(endpoint->id);
        if (found != slots.end() && !endpoint->slots) endpoint->slots = found->second;
      }
    }
  };

  wire::ServiceTable table(const std::vector<std::string>& ids,
                           EndpointState state = EndpointState::kActive) {
    wire::ServiceTable table;
    table.stamp = {1, ++revision_};
    table.policy.hard_capacity = 1;
    for (const auto& id : ids) {
      table.endpoints.push_back({.id = {id}, .address = {"10.0.0.1", 80}, .state = state});
    }
    return table;
  }

  ServiceSlots slots;

 private:
  std::uint64_t revision_ = 0;
};

TEST_F(SharedSlots, KeepTheCapacityOfAnEndpointThatComesBackWhileItServes) {
  Thread one, other;
  const auto apply = [&](const wire::ServiceTable& next) {
    const auto& shared = slots.apply(next);
    one.apply(next, shared);
    other.apply(next, shared);
  };
  apply(table({"a"}));
  ASSERT_TRUE(one.set.begin(*one.set.find({"a"}), kStart));
  apply(table({"a"}, EndpointState::kGone));
  ASSERT_EQ(other.set.find({"a"}), nullptr);
  apply(table({"a"}));
  EXPECT_FALSE(other.set.begin(*other.set.find({"a"}), kStart)) << "two at once";
  one.set.finish(*one.set.find({"a"}), Finish::kCompleted, kStart, kStart);
  EXPECT_TRUE(other.set.begin(*other.set.find({"a"}), kStart));
}

// A thread may have the table before last when the next two are handed out.
TEST_F(SharedSlots, AreTheSameForAThreadThatHearsOfItLater) {
  Thread quick, late;
  const auto first = table({"a"}), gone = table({"a"}, EndpointState::kGone), back = table({"a"});
  const auto on_the_way = slots.apply(first);
  quick.apply(first, on_the_way);
  quick.apply(gone, slots.apply(gone));
  quick.apply(back, slots.apply(back));
  late.apply(first, on_the_way);
  ASSERT_TRUE(late.set.begin(*late.set.find({"a"}), kStart));
  EXPECT_FALSE(quick.set.begin(*quick.set.find({"a"}), kStart));
}

TEST_F(SharedSlots, HaveNumbersOfTheirOwnThatAreUsedAgain) {
  Thread thread;
  const auto apply = [&](const wire::ServiceTable& next) { thread.apply(next, slots.apply(next)); };
  for (int round = 0; round < 100; ++round) {
    apply(table({"a", "b", std::to_string(round)}));
    std::set<std::uint32_t> numbers;
    for (const auto& endpoint : thread.set.endpoints()) numbers.insert(endpoint->slots->number);
    EXPECT_EQ(numbers.size(), 3u);
    EXPECT_LE(*numbers.rbegin(), 3u);
    apply(table({std::to_string(round)}, EndpointState::kGone));
  }
}

}  // namespace
}  // namespace foretide::balancer
