// Requests that belong together and go to the same worker, and turns.
#include <gmock/gmock.h>

#include <map>
#include <set>
#include <string>

#include "balancer/core/key_hash.hpp"
#include "balancer/core/picker.hpp"
#include "balancer/http/request_key.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using Balance = wire::TrafficPolicy::Balance;

constexpr Instant kStart{std::chrono::hours(1)};

class Affinity : public testing::Test {
 protected:
  void apply(std::vector<std::string> ids, Balance balance,
             std::vector<std::string> draining = {}) {
    wire::ServiceTable table;
    table.stamp = {1, ++revision_};
    table.policy.balance = balance;
    table.policy.hard_capacity = hard;
    for (const auto& id : ids) {
      table.endpoints.push_back({.id = {id}, .address = {"10.0.0.1", 80}});
    }
    for (const auto& id : draining) {
      table.endpoints.push_back(
          {.id = {id}, .address = {"10.0.0.1", 80}, .state = wire::EndpointState::kDraining});
    }
    EXPECT_TRUE(set.apply(table).accepted);
  }
  std::string chosen(const PickKey& key, std::uint32_t in_flight = 0) {
    Endpoint* endpoint = picker.pick(set, {.key = &key, .in_flight = in_flight}, kStart);
    return endpoint == nullptr ? "none" : endpoint->id.text;
  }
  std::string for_user(int user) {
    return chosen({.hash = key_hash("user-" + std::to_string(user)), .prefix = {}});
  }
  std::string for_prompt(std::string_view body) {
    return chosen({.hash = {}, .prefix = prefix_of(body)});
  }
  Endpoint& endpoint(const std::string& id) { return *set.find(WorkerId{id}); }

  EndpointSet set;
  Picker picker;
  std::optional<std::uint32_t> hard;

 private:
  std::uint64_t revision_ = 0;
};

TEST_F(Affinity, KeepsAKeyAtItsWorkerInEveryBalancer) {
  apply({"a", "b", "c", "d"}, Balance::kHash);
  EndpointSet other;
  Picker other_picker;
  wire::ServiceTable table;
  table.stamp = {9, 9};
  table.policy.balance = Balance::kHash;
  for (const char* id : {"d", "b", "c", "a"}) {  // heard of in another order
    table.endpoints.push_back({.id = {id}, .address = {"10.0.0.1", 80}});
  }
  other.apply(table);
  for (int user = 0; user < 200; ++user) {
    const PickKey key{.hash = key_hash("user-" + std::to_string(user)), .prefix = {}};
    EXPECT_EQ(other_picker.pick(other, {.key = &key}, kStart)->id.text, for_user(user));
  }
}

TEST_F(Affinity, SpreadsKeysOverAllWorkers) {
  apply({"a", "b", "c", "d"}, Balance::kHash);
  std::map<std::string, int> users;
  for (int user = 0; user < 4000; ++user) ++users[for_user(user)];
  ASSERT_EQ(users.size(), 4u);
  for (const auto& [id, count] : users) EXPECT_NEAR(count, 1000, 350) << id;
}

TEST_F(Affinity, MovesNoOtherKeysWhenOneWorkerLeavesOrComes) {
  apply({"a", "b", "c", "d", "e"}, Balance::kHash);
  std::map<int, std::string> before;
  for (int user = 0; user < 1000; ++user) before[user] = for_user(user);
  apply({"a", "b", "d", "e"}, Balance::kHash, {"c"});
  std::set<std::string> heirs;
  for (int user = 0; user < 1000; ++user) {
    if (before[user] == "c") {
      heirs.insert(for_user(user));
    } else {
      EXPECT_EQ(for_user(user), before[user]);
    }
  }
  EXPECT_EQ(heirs, (std::set<std::string>{"a", "b", "d", "e"})) << "all share what it had";
  apply({"a", "b", "c", "d", "e"}, Balance::kHash);
  for (int user = 0; user < 1000; ++user) EXPECT_EQ(for_user(user), before[user]);
}

TEST_F(Affinity, GoesToTheNextWhenTheWorkerHasTooMany) {
  apply({"a", "b", "c", "d"}, Balance::kHash);
  const std::string home = for_user(1);
  // Of 8 in flight an even share is 2.25 with the new one, and a quarter more is 3.
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(set.begin(endpoint(home), kStart));
  const PickKey key{.hash = key_hash("user-1"), .prefix = {}};
  EXPECT_EQ(chosen(key, 8), home);
  ASSERT_TRUE(set.begin(endpoint(home), kStart));
  const std::string next = chosen(key, 8);
  EXPECT_NE(next, home);
  EXPECT_EQ(chosen(key, 8), next) << "the same each time";
}

TEST_F(Affinity, NeverExceedsTheHardCapacity) {
  hard = 1;
  apply({"a", "b"}, Balance::kHash);
  const std::string home = for_user(1);
  ASSERT_TRUE(set.begin(endpoint(home), kStart));
  EXPECT_NE(for_user(1), home);
  ASSERT_TRUE(set.begin(endpoint(for_user(1)), kStart));
  EXPECT_EQ(for_user(1), "none");
}

TEST_F(Affinity, ChoosesByLoadWhereARequestHasNoKey) {
  apply({"a", "b"}, Balance::kHash);
  ASSERT_TRUE(set.begin(endpoint("a"), kStart));
  EXPECT_EQ(chosen({}), "b");
}

TEST_F(Affinity, SurvivesThatWorkersAreForgotten) {
  apply({"a", "b", "c"}, Balance::kHash);
  wire::ServiceTable gone;
  gone.stamp = {2, 1};
  gone.policy.balance = Balance::kHash;
  gone.endpoints = {{.id = {"a"}, .address = {"10.0.0.1", 80}},
                    {.id = {"b"}, .address = {}, .state = wire::EndpointState::kGone},
                    {.id = {"c"}, .address = {}, .state = wire::EndpointState::kGone}};
  set.apply(gone);
  for (int user = 0; user < 50; ++user) EXPECT_EQ(for_user(user), "a");
  EXPECT_EQ(set.ring().size(), 48u);
  gone.stamp = {2, 2};
  gone.policy.balance = Balance::kLeastLoad;
  set.apply(gone);
  EXPECT_TRUE(set.ring().empty());
}

// ---- prompts ----

std::string prompt(char system, std::size_t system_size, std::string_view turns) {
  return std::string(system_size, system) + std::string(turns);
}

TEST_F(Affinity, SendsAConversationWhereItsTurnsOfBeforeWent) {
  apply({"a", "b", "c"}, Balance::kPrefixAffinity);
  const std::string first = prompt('s', 300, std::string(400, 'x'));
  const std::string home = for_prompt(first);
  ASSERT_TRUE(set.begin(endpoint(home), kStart));
  EXPECT_EQ(for_prompt(first + std::string(900, 'y')), home);
  EXPECT_EQ(for_prompt(first + std::string(900, 'y') + std::string(3000, 'z')), home);
}

TEST_F(Affinity, FollowsTheLongestBeginningThatIsKnown) {
  PrefixMemory memory;
  const std::string common(256, 's');
  memory.remember(prefix_of(common + std::string(256, 'a')), 1);
  memory.remember(prefix_of(common + std::string(256, 'b')), 2);
  EXPECT_EQ(memory.find(prefix_of(common + std::string(256, 'a') + "more")), 1u);
  EXPECT_EQ(memory.find(prefix_of(common + std::string(256, 'b') + "more")), 2u);
  EXPECT_EQ(memory.find(prefix_of(common + std::string(256, 'c'))), 2u) << "the newer of both";
  EXPECT_EQ(memory.find(prefix_of(std::string(600, 'q'))), std::nullopt);
}

TEST_F(Affinity, TakesAnotherWhenTheOneThatKnowsThePromptIsTooBusyOrAway) {
  apply({"a", "b"}, Balance::kPrefixAffinity);
  const std::string body(1000, 'p');
  const std::string home = for_prompt(body);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(set.begin(endpoint(home), kStart));
  EXPECT_NE(for_prompt(body), home) << "two are its bound while nothing else is in flight";
  apply({home == "a" ? "b" : "a"}, Balance::kPrefixAffinity, {home});
  EXPECT_NE(for_prompt(body), home);
}

TEST(Prefix, IsOfWholeLengthsOnly) {
  EXPECT_EQ(prefix_of(std::string(255, 'x')).count, 0u);
  EXPECT_EQ(prefix_of(std::string(256, 'x')).count, 1u);
  EXPECT_EQ(prefix_of(std::string(2047, 'x')).count, 3u);
  EXPECT_EQ(prefix_of(std::string(1 << 20, 'x')).count, 8u);
  auto other = std::string(2048, 'x');
  other[1500] = 'y';
  const Prefix one = prefix_of(std::string(2048, 'x')), two = prefix_of(other);
  EXPECT_EQ(one.hashes[2], two.hashes[2]);
  EXPECT_NE(one.hashes[3], two.hashes[3]);
  const Prefix begins_otherwise = prefix_of(std::string(256, 'z') + std::string(256, 'x'));
  EXPECT_NE(begins_otherwise.hashes[1], one.hashes[1]) << "of the whole, not of its last part";
}

// ---- turns ----

TEST_F(Affinity, LeavesTurnsToOthersWhileOneStartsSlowly) {
  apply({"a", "b"}, Balance::kRoundRobin);
  ASSERT_TRUE(set.begin(endpoint("a"), kStart));  // somebody is at work when it joins
  apply({"a", "b", "new"}, Balance::kRoundRobin);
  const auto turns_of_new = [&](Instant now) {
    int turns = 0;
    for (int i = 0; i < 300; ++i) turns += picker.pick(set, {}, now)->id.text == "new";
    return turns;
  };
  EXPECT_NEAR(turns_of_new(kStart + 1s), 27, 8);
  EXPECT_NEAR(turns_of_new(kStart + 20s), 100, 2);
}

TEST_F(Affinity, AvoidsAWorkerWhereThereIsAnother) {
  for (const auto balance : {Balance::kLeastLoad, Balance::kRoundRobin, Balance::kHash}) {
    apply({"a", "b"}, balance);
    const PickKey key{.hash = key_hash("user-1"), .prefix = {}};
    for (int i = 0; i < 4; ++i) {
      Endpoint* avoided = &endpoint(i % 2 == 0 ? "a" : "b");
      const Asked asked{.key = &key, .avoid = avoided};
      EXPECT_NE(picker.pick(set, asked, kStart), avoided);
    }
  }
  apply({"a"}, Balance::kLeastLoad, {"b"});
  EXPECT_EQ(picker.pick(set, {.avoid = &endpoint("a")}, kStart), &endpoint("a"));
}

TEST_F(Affinity, WaitsForAnotherThatIsFullRatherThanTakeTheOneToAvoid) {
  hard = 1;
  apply({"b", "c", "d", "e", "f", "a"}, Balance::kLeastLoad);
  for (const char* id : {"b", "c", "d", "e", "f"}) ASSERT_TRUE(set.begin(endpoint(id), kStart));
  EXPECT_EQ(picker.pick(set, {.avoid = &endpoint("a")}, kStart), nullptr);
  EXPECT_EQ(picker.pick(set, {}, kStart), &endpoint("a")) << "it is back in its place";
}

// ---- what the key is ----

TEST(RequestKey, IsWhatTheSettingsName) {
  using Kind = wire::KeySource::Kind;
  const std::string_view fields =
      "Host: a\r\nX-User:  ann \r\nCookie: a=1; sid=s-7; asid=no\r\n\r\n";
  EXPECT_EQ(key_in({Kind::kHeader, "x-user"}, fields, "10.0.0.7"), "ann");
  EXPECT_EQ(key_in({Kind::kHeader, "x-other"}, fields, "10.0.0.7"), std::nullopt);
  EXPECT_EQ(key_in({Kind::kCookie, "sid"}, fields, "10.0.0.7"), "s-7");
  EXPECT_EQ(key_in({Kind::kCookie, "id"}, fields, "10.0.0.7"), std::nullopt);
  EXPECT_EQ(key_in({Kind::kAddress, ""}, fields, "10.0.0.7"), "10.0.0.7");
  EXPECT_EQ(key_in({Kind::kAddress, ""}, fields, ""), std::nullopt);
  EXPECT_EQ(key_in({}, fields, "10.0.0.7"), std::nullopt);
}

TEST(RequestKey, FindsACookieAmongAnything) {
  EXPECT_EQ(cookie_in("sid=1", "sid"), "1");
  EXPECT_EQ(cookie_in("sid=", "sid"), "");
  EXPECT_EQ(cookie_in(";; =x;sid=2", "sid"), "2");
  EXPECT_EQ(cookie_in("sid", "sid"), std::nullopt);
  EXPECT_EQ(cookie_in("", "sid"), std::nullopt);
  EXPECT_EQ(cookie_in("   ", "sid"), std::nullopt);
}

// Fixed for ever: another version or machine has to send the same client to the same worker.
TEST(KeyHash, IsTheSameEverywhere) {
  EXPECT_EQ(key_hash(""), 0u);
  EXPECT_EQ(key_hash("ann"), 0x144159b9c92013c2);
  EXPECT_EQ(key_hash("a longer key than eight bytes", 3), 0x78d83562516385b5);
}

}  // namespace
}  // namespace foretide::balancer
