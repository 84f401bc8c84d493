#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "balancer/core/held_tables.hpp"
#include "balancer/core/standalone_tables.hpp"
#include "balancer/io/table_store.hpp"

namespace foretide::balancer {
namespace {

using wire::EndpointState;

wire::ServiceTable table(std::uint64_t revision, std::vector<wire::Endpoint> endpoints) {
  wire::ServiceTable table;
  table.stamp = {3, revision};
  table.service = {"web"};
  table.endpoints = std::move(endpoints);
  return table;
}

wire::Endpoint endpoint(const std::string& id, EndpointState state = EndpointState::kActive) {
  return {{id}, {"127.0.0.1", 9001}, state};
}

TEST(HeldTables, KeepWhatIsNotMentionedAndForgetWhatIsGone) {
  HeldTables held;
  held.keep(table(1, {endpoint("a"), endpoint("b"), endpoint("c")}));
  held.keep(
      table(2, {endpoint("a", EndpointState::kDraining), endpoint("b", EndpointState::kGone)}));
  const auto& endpoints = held.services().at({"web"}).endpoints;
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0], endpoint("a", EndpointState::kDraining));
  EXPECT_EQ(endpoints[1], endpoint("c"));
  held.keep(table(1, {}));
  EXPECT_EQ(held.stamp_of({"web"}), (Stamp{3, 2})) << "an older one changes nothing";
  EXPECT_EQ(held.highest_epoch(), 3u);
  EXPECT_EQ(held.acks().size(), 1u);
}

class TableStores : public testing::Test {
 protected:
  TableStores() {
    char name[] = "/tmp/foretide-tables-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~TableStores() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/tables"; }

  std::string folder_;
};

TEST_F(TableStores, ReadBackWhatWasSaved) {
  HeldTables held;
  held.keep(table(7, {endpoint("a"), endpoint("b", EndpointState::kDraining)}));
  wire::MatchTable matches;
  matches.stamp = {3, 1};
  matches.matches = {{{"web"}, "a.example", "/x", "", ""}};
  held.keep(matches);
  const TableStore store(path());
  ASSERT_TRUE(store.save(held));
  const auto loaded = store.load();
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->services(), held.services());
  EXPECT_EQ(loaded->matches(), held.matches());
}

TEST_F(TableStores, AreEmptyWithoutAFileAndRefuseADamagedOne) {
  const TableStore store(path());
  ASSERT_TRUE(store.load());
  HeldTables held;
  held.keep(table(7, {endpoint("a")}));
  ASSERT_TRUE(store.save(held));
  const auto size = std::filesystem::file_size(path());
  for (std::uintmax_t cut = 0; cut < size; ++cut) {
    ASSERT_TRUE(store.save(held));
    std::filesystem::resize_file(path(), cut);
    EXPECT_FALSE(store.load()) << cut;
  }
  ASSERT_TRUE(store.save(held));
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size) - 5);
  file.put('!');
  file.close();
  EXPECT_FALSE(store.load());
  EXPECT_FALSE(TableStore(folder_ + "/no/tables").save(held));
}

TEST(StandaloneTables, FollowTheFile) {
  ClusterSettings settings;
  settings.services.resize(2);
  settings.services[0].id = {"web"};
  settings.services[0].upstreams = {{"127.0.0.1", 1}, {"127.0.0.1", 2}};
  settings.services[1].id = {"api"};
  settings.services[1].matches = {{{}, "", "/api", "", ""}};
  HeldTables held;
  const auto keep = [&](const StandaloneTables& tables) {
    for (const auto& each : tables.services) held.keep(each);
    held.keep(tables.matches);
  };
  auto tables = tables_for(settings, held);
  ASSERT_EQ(tables.matches.matches.size(), 2u);
  EXPECT_EQ(tables.matches.matches[0].service.text, "web");
  keep(tables);

  settings.services.pop_back();
  settings.services[0].upstreams.pop_back();
  tables = tables_for(settings, held);
  EXPECT_EQ(tables.matches.stamp, (Stamp{1, 2}));
  ASSERT_EQ(tables.services.size(), 2u);
  EXPECT_EQ(tables.services[0].endpoints[1].state, EndpointState::kGone);
  EXPECT_TRUE(tables.services[1].removed);
  keep(tables);
  EXPECT_EQ(held.services().at({"web"}).endpoints.size(), 1u);
}

}  // namespace
}  // namespace foretide::balancer
