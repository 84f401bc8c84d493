// The pure parts of TLS: which certificate serves a name, how long a ticket's key is good.
#include <gtest/gtest.h>

#include "balancer/core/server_names.hpp"
#include "balancer/core/ticket_keys.hpp"

namespace foretide::balancer {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(ServerNames, PreferTheExactNameToTheWildcard) {
  ServerNames names;
  EXPECT_TRUE(names.add("*.example.org", 1));
  EXPECT_TRUE(names.add("a.example.org", 2));
  EXPECT_EQ(names.find("a.example.org"), 2u);
  EXPECT_EQ(names.find("b.example.org"), 1u);
}

TEST(ServerNames, LetAWildcardStandForOneLabel) {
  ServerNames names;
  names.add("*.example.org", 1);
  EXPECT_EQ(names.find("example.org"), std::nullopt);
  EXPECT_EQ(names.find("a.b.example.org"), std::nullopt);
  EXPECT_EQ(names.find(".example.org"), std::nullopt);
  EXPECT_EQ(names.find("aexample.org"), std::nullopt);
  EXPECT_EQ(names.find(""), std::nullopt);
}

TEST(ServerNames, AreComparedWithoutCaseAndFinalDot) {
  ServerNames names;
  names.add("WWW.Example.org.", 3);
  EXPECT_EQ(names.find("www.EXAMPLE.org"), 3u);
  EXPECT_EQ(names.find("www.example.org."), 3u);
}

TEST(ServerNames, BelongToTheCertificateThatIsGivenFirst) {
  ServerNames names;
  EXPECT_TRUE(names.add("a.org", 0));
  EXPECT_FALSE(names.add("A.org", 1));
  EXPECT_EQ(names.find("a.org"), 0u);
}

TicketKey key_named(unsigned char name) {
  TicketKey key;
  key.name.fill(name);
  return key;
}

// given a key of 0:00 and one of 1:00, expect
//   0:59 the first issues    1:00 a fresh one is wanted    2:59 the first still opens
//   3:00 it does not, the second does                      4:00 nothing opens
TEST(TicketKeys, IssueForAnHourAndOpenForThree) {
  TicketKeys keys;
  const Instant start{hours(100)};
  EXPECT_FALSE(keys.issuing(start)) << "there is none yet";
  const TicketKey first = key_named(1), second = key_named(2);
  keys.add(first, start);
  EXPECT_EQ(keys.issuing(start + minutes(59))->name, first.name);
  EXPECT_TRUE(keys.find(first.name, start + minutes(59))->issues);
  EXPECT_FALSE(keys.issuing(start + hours(1)));
  keys.add(second, start + hours(1));
  EXPECT_EQ(keys.issuing(start + hours(1))->name, second.name);
  EXPECT_FALSE(keys.find(first.name, start + minutes(179))->issues) << "a new ticket is due";
  EXPECT_FALSE(keys.find(first.name, start + hours(3)));
  EXPECT_TRUE(keys.find(second.name, start + hours(3)));
  EXPECT_FALSE(keys.find(second.name, start + hours(4)));
  EXPECT_FALSE(keys.find(key_named(3).name, start));
}

}  // namespace
}  // namespace foretide::balancer
