#include "coordinator/io/enrolment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/wire/codec.hpp"
#include "coordinator/io/peer_inbox.hpp"

namespace foretide::coordinator {
namespace {

using testing::HasSubstr;

const std::string kTokenKey(40, 't');
const std::string kNewKey(40, 'n');
const WallTime kNow = WallTime(std::chrono::seconds(1'000'000));

class EnrolmentTest : public testing::Test {
 protected:
  EnrolmentTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "foretide-enrol-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = std::move(*Store::open(folder_ + "/control.db"));
    load();
  }
  ~EnrolmentTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void load() { enrolment_ = std::make_unique<Enrolment>(std::move(*Enrolment::load(*store_))); }
  void issue(const std::string& name = "", wire::Role role = wire::Role::kAgent,
             const std::string& key = kTokenKey) {
    ASSERT_TRUE(enrolment_->issue(key, role, name, kNow));
  }
  std::variant<StoredPeer, wire::Refusal> enrol(const std::string& name,
                                                const std::string& key = kNewKey,
                                                WallTime now = kNow,
                                                wire::Role role = wire::Role::kAgent) {
    return enrolment_->enrol(kTokenKey, {role, name, key}, now);
  }
  static std::string name_in(const std::variant<StoredPeer, wire::Refusal>& outcome) {
    const auto* peer = std::get_if<StoredPeer>(&outcome);
    return peer ? peer->name : "refused: " + std::get<wire::Refusal>(outcome).reason;
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Enrolment> enrolment_;
};

TEST_F(EnrolmentTest, LetsTheNewKeyInOnceTheTokenIsSpent) {
  issue();
  EXPECT_EQ(enrolment_->peer(kNewKey), nullptr);
  EXPECT_EQ(name_in(enrol("node-a")), "node-a");
  ASSERT_NE(enrolment_->peer(kNewKey), nullptr);
  EXPECT_THAT(enrolment_->allowed(), testing::Contains(kNewKey));
  load();
  EXPECT_NE(enrolment_->peer(kNewKey), nullptr) << "it outlives the coordinator";
}

TEST_F(EnrolmentTest, RefusesAUsedTokenInWords) {
  issue();
  enrol("node-a");
  EXPECT_THAT(name_in(enrol("node-b", std::string(40, 'o'))), HasSubstr("used already"));
  load();
  EXPECT_THAT(name_in(enrol("node-b", std::string(40, 'o'))), HasSubstr("used already"));
}

TEST_F(EnrolmentTest, GivesTheSameAnswerWhenTheFirstWasLost) {
  issue();
  EXPECT_EQ(name_in(enrol("node-a")), "node-a");
  EXPECT_EQ(name_in(enrol("node-a")), "node-a");
  EXPECT_EQ(store_->peers()->size(), 1u);
}

TEST_F(EnrolmentTest, RefusesAnExpiredToken) {
  issue();
  EXPECT_THAT(name_in(enrol("node-a", kNewKey, kNow + Enrolment::kTokenLife)),
              HasSubstr("expired"));
  EXPECT_TRUE(store_->peers()->empty());
}

TEST_F(EnrolmentTest, KeepsRoleAndNameThatTheTokenSays) {
  issue("edge", wire::Role::kBalancer);
  EXPECT_THAT(name_in(enrol("edge")), HasSubstr("for a balancer, not for an agent"));
  EXPECT_EQ(name_in(enrol("other", kNewKey, kNow, wire::Role::kBalancer)), "edge");
}

TEST_F(EnrolmentTest, GivesATakenNameANumber) {
  issue();
  enrol("node-a");
  const std::string second(40, 's');
  issue("", wire::Role::kAgent, second);
  const auto outcome =
      enrolment_->enrol(second, {wire::Role::kAgent, "node-a", std::string(40, 'm')}, kNow);
  EXPECT_EQ(name_in(outcome), "node-a-2");
}

TEST_F(EnrolmentTest, RefusesWhatIsNoNameOrNoKey) {
  issue();
  EXPECT_THAT(name_in(enrol("../etc")), HasSubstr("is no name"));
  EXPECT_THAT(name_in(enrol("node-a", "short")), HasSubstr("new key"));
  EXPECT_THAT(name_in(enrol("node-a", kTokenKey)), HasSubstr("new key"));
  EXPECT_EQ(name_in(enrol("node-a")), "node-a") << "a refusal does not spend the token";
}

TEST_F(EnrolmentTest, KnowsASpentTokenForTenMinutesMore) {
  issue();
  enrol("node-a");
  EXPECT_FALSE(enrolment_->forget_old(kNow + Enrolment::kRefusalTold - std::chrono::seconds(1)));
  EXPECT_TRUE(enrolment_->forget_old(kNow + Enrolment::kRefusalTold));
  EXPECT_FALSE(enrolment_->is_token(kTokenKey));
  EXPECT_THAT(enrolment_->allowed(), testing::ElementsAre(kNewKey));
}

TEST_F(EnrolmentTest, BoundsTheOpenTokens) {
  for (std::size_t i = 0; i < Enrolment::kOpenTokensMax; ++i) {
    std::string key = std::to_string(i);
    issue("", wire::Role::kAgent, key + std::string(40 - key.size(), 'x'));
  }
  EXPECT_FALSE(enrolment_->issue(std::string(40, 'z'), wire::Role::kAgent, "", kNow));
}

TEST_F(EnrolmentTest, TurnsARevokedKeyAway) {
  issue();
  enrol("node-a");
  ASSERT_TRUE(enrolment_->revoke(wire::Role::kAgent, "node-a"));
  EXPECT_EQ(enrolment_->peer(kNewKey), nullptr);
  EXPECT_THAT(enrolment_->allowed(), testing::Not(testing::Contains(kNewKey)));
  EXPECT_FALSE(enrolment_->revoke(wire::Role::kAgent, "node-a"));
}

// ---- what a message means ----

class PeerInboxTest : public EnrolmentTest {
 protected:
  PeerInboxTest() {
    issue();
    enrol("node-a");
  }
  Arrival arrival(wire::Body body, const std::string& session = "s1",
                  std::uint64_t connection = 7) {
    wire::Message message;
    message.envelope.session = session;
    message.body = std::move(body);
    return {kNewKey, Lane::kControl, wire::encode(message), "127.0.0.1", connection};
  }
  Meaning hear(const Arrival& arrival, Duration at = {}) {
    return inbox_.hear(*enrolment_, arrival, Instant(at));
  }
  static bool is_dropped(const Meaning& meaning) {
    return std::holds_alternative<Dropped>(meaning);
  }

  PeerInbox inbox_;
};

TEST_F(PeerInboxTest, TakesTheNameFromTheKeyAndNotFromTheMessage) {
  wire::Hello hello;
  hello.name = "somebody-else";
  const Meaning meaning = hear(arrival(hello));
  const auto* happening = std::get_if<Happening>(&meaning);
  ASSERT_NE(happening, nullptr);
  EXPECT_EQ(std::get<NodeHello>(*happening).node, NodeId{"node-a"});
  EXPECT_EQ(std::get<NodeHello>(*happening).peer_address, "127.0.0.1");
}

TEST_F(PeerInboxTest, AnswersASessionByItsOwnConnection) {
  hear(arrival(wire::NodeReport{}, "s1", 7));
  hear(arrival(wire::NodeReport{}, "s2", 8));
  EXPECT_EQ(inbox_.connection_of(kNewKey, "s1"), 7u);
  EXPECT_EQ(inbox_.connection_of(kNewKey, "s2"), 8u);
  EXPECT_EQ(inbox_.connection_of(kNewKey, "s3"), std::nullopt);
}

TEST_F(PeerInboxTest, DropsWhatTheRoleMayNotSay) {
  EXPECT_TRUE(is_dropped(hear(arrival(wire::TrafficReport{}))));
  EXPECT_TRUE(is_dropped(hear(arrival(wire::DesiredSet{}))));
  EXPECT_TRUE(is_dropped(hear(arrival(wire::Enrol{}))));
  wire::Hello hello;
  hello.role = wire::Role::kBalancer;
  EXPECT_TRUE(is_dropped(hear(arrival(hello))));
  EXPECT_EQ(inbox_.counts().misplaced, 4u);
}

TEST_F(PeerInboxTest, StopsListeningAfterTenBadMessagesInAMinute) {
  Arrival garbage = arrival(wire::NodeReport{});
  const Arrival good = garbage;
  garbage.bytes = "garbage";
  for (int i = 0; i < 9; ++i) hear(garbage, std::chrono::seconds(i));
  EXPECT_FALSE(is_dropped(hear(good, std::chrono::seconds(9))));
  hear(garbage, std::chrono::seconds(10));
  EXPECT_TRUE(is_dropped(hear(good, std::chrono::seconds(11))));
  EXPECT_FALSE(is_dropped(hear(good, std::chrono::seconds(71))));
  EXPECT_EQ(inbox_.counts().undecodable, 10u);
}

TEST_F(PeerInboxTest, ForgivesBadMessagesThatAreFarApart) {
  Arrival garbage = arrival(wire::NodeReport{});
  const Arrival good = garbage;
  garbage.bytes = "garbage";
  for (int i = 0; i < 30; ++i) hear(garbage, std::chrono::seconds(7 * i));
  EXPECT_FALSE(is_dropped(hear(good, std::chrono::seconds(300))));
}

TEST_F(PeerInboxTest, IgnoresAKeyThatWasRevoked) {
  ASSERT_TRUE(enrolment_->revoke(wire::Role::kAgent, "node-a"));
  EXPECT_TRUE(is_dropped(hear(arrival(wire::NodeReport{}))));
}

TEST_F(PeerInboxTest, HearsATokensBearerOutButLetsItDoNothingElse) {
  Arrival spoke = arrival(wire::NodeReport{}, "", 9);
  spoke.peer_key = kTokenKey;
  const Meaning meaning = hear(spoke);
  ASSERT_TRUE(std::holds_alternative<TokenSpoke>(meaning));
  EXPECT_FALSE(std::get<TokenSpoke>(meaning).enrol);
}

TEST_F(PeerInboxTest, DropsATrafficReportThatANewerOneOvertook) {
  const std::string balancer_token(40, 'u'), balancer_key(40, 'b');
  issue("edge", wire::Role::kBalancer, balancer_token);
  enrolment_->enrol(balancer_token, {wire::Role::kBalancer, "edge", balancer_key}, kNow);
  const auto report = [&](std::uint64_t at_ms) {
    Arrival it = arrival(wire::TrafficReport{at_ms, {}});
    it.peer_key = balancer_key;
    it.lane = Lane::kTelemetry;
    return it;
  };
  EXPECT_FALSE(is_dropped(hear(report(1000))));
  EXPECT_TRUE(is_dropped(hear(report(900))));
  EXPECT_FALSE(is_dropped(hear(report(1000))));
  EXPECT_EQ(inbox_.counts().stale, 1u);
}

}  // namespace
}  // namespace foretide::coordinator
