#include "coordinator/io/outbox.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "coordinator/io/sqlite.hpp"

namespace foretide::coordinator {
namespace {

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "foretide-outbox-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = std::move(*Store::open(folder_ + "/control.db"));
    outbox_ = std::make_unique<Outbox>(
        *store_,
        [this](wire::Role, const std::string& name, const std::string& session, Stamp stamp,
               const wire::Body& body) {
          // What is on disk when something is sent.
          stored_when_sent_.push_back(store_->sets()->size());
          sent_.push_back(name + "/" + session + " " + std::to_string(body.index()) + " " +
                          std::to_string(stamp.epoch));
        },
        [this](const Action&) { ++told_; });
  }
  ~OutboxTest() override {
    outbox_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  static std::vector<Action> actions(std::uint64_t revision) {
    wire::DesiredSet set;
    set.stamp = {3, revision};
    Decision decision;
    decision.service = ServiceId{"web"};
    return {SendSet{NodeId{"node-a"}, set, "s1"},
            PersistEpoch{3},
            PersistRevision{revision},
            PersistSet{NodeId{"node-a"}, set},
            RecordDecision{decision},
            RefuseNode{NodeId{"node-b"}, "s2", {"no", false}}};
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Outbox> outbox_;
  std::vector<std::string> sent_;
  std::vector<std::size_t> stored_when_sent_;
  int told_ = 0;
};

TEST_F(OutboxTest, StoresBeforeItSends) {
  outbox_->carry_out(actions(1));
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_EQ(stored_when_sent_[0], 1u);
  EXPECT_EQ(*store_->epoch(), 3u);
  EXPECT_EQ(*store_->revision(), 1u);
  EXPECT_EQ(told_, 1);
}

TEST_F(OutboxTest, SendsNothingThatCannotBeStoredAndCatchesUpLater) {
  auto other = SqlFile::open(folder_ + "/other.db", SqlFile::Durability::kFull, {});
  ASSERT_TRUE(other);
  ASSERT_TRUE(
      other->run("ATTACH '" + folder_ +
                 "/control.db' AS held; BEGIN IMMEDIATE; UPDATE held.epochs SET revision = 9"));
  outbox_->carry_out(actions(1));
  EXPECT_FALSE(outbox_->trouble().empty());
  ASSERT_EQ(sent_.size(), 1u) << "a refusal promises nothing";
  EXPECT_TRUE(sent_[0].starts_with("node-b"));
  EXPECT_EQ(told_, 1) << "people are told all the same";

  outbox_->carry_out({SendSet{NodeId{"node-a"}, {}, "s1"}});
  EXPECT_EQ(sent_.size(), 1u) << "a repeated send waits as well";

  ASSERT_TRUE(other->run("ROLLBACK"));
  outbox_->carry_out(actions(2));
  EXPECT_TRUE(outbox_->trouble().empty());
  EXPECT_EQ(sent_.size(), 3u);
  EXPECT_EQ(*store_->revision(), 2u);
  EXPECT_EQ(store_->sets()->front().second.stamp.revision, 2u);
  EXPECT_EQ(store_->decisions(ServiceId{"web"}, 10)->size(), 2u) << "the unwritten one was kept";
  EXPECT_EQ(outbox_->decisions_total(), 2u);
}

}  // namespace
}  // namespace foretide::coordinator
