// Memory for bytes on their way is bounded over all threads: what would need some anew is refused
// before it is spent, and what runs goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "balancer/io/byte_queue.hpp"
#include "balancer/io/front.hpp"
#include "tests/unit/balancer/h2_stage.hpp"
#include "tests/unit/balancer/proxy_stage.hpp"

namespace foretide::balancer {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(BlockBudget, IsShortAboveNineTenthsAndSpentAboveTheWhole) {
  BlockBudget budget(100);
  budget.claim(90);
  EXPECT_FALSE(budget.is_short());
  budget.claim(1);
  EXPECT_TRUE(budget.is_short());
  budget.claim(9);
  EXPECT_FALSE(budget.is_spent());
  budget.claim(1);
  EXPECT_TRUE(budget.is_spent());
  budget.give_back(11);
  EXPECT_FALSE(budget.is_short());
}

TEST(BufferPool, ClaimsWhatIsTakenAndLittleMore) {
  const auto budget = std::make_shared<BlockBudget>(100);
  BufferPool first, second;
  first.set_budget(budget);
  second.set_budget(budget);
  std::vector<BufferPool::Block> blocks;
  while (!first.is_short()) blocks.push_back(first.take());
  EXPECT_TRUE(second.is_short());
  EXPECT_FALSE(second.is_spent());
  EXPECT_GE(blocks.size(), 91 - BufferPool::kClaimedAtOnce);
  while (!blocks.empty()) {
    first.give(std::move(blocks.back()));
    blocks.pop_back();
  }
  EXPECT_FALSE(second.is_short());
  // What a thread keeps claimed of a busy hour is little.
  budget->claim(100 - 2 * BufferPool::kClaimedAtOnce);
  EXPECT_FALSE(second.is_spent());
}

TEST(BlocksMax, AreAShareOfTheMemoryButEnoughToServe) {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  EXPECT_EQ(blocks_max_for(0, 4096 * kMiB, 1), 1024 * kMiB / kBlockSize);
  EXPECT_EQ(blocks_max_for(0, 64 * kMiB, 1), 32 * kMiB / kBlockSize);
  EXPECT_EQ(blocks_max_for(16 * kMiB, 4096 * kMiB, 1), 16 * kMiB / kBlockSize);
  EXPECT_EQ(blocks_max_for(16 * kMiB, 4096 * kMiB, 64), 4096u);
}

class MemoryShedding : public testing::Test {
 protected:
  MemoryShedding() : proxy({.blocks = budget}) {
    proxy.apply({endpoint_at("w", worker.address())});
  }
  std::uint64_t shed() {
    return proxy.on_thread(
        [](TrafficThread& thread) { return thread.connections().shed_for_memory_total; });
  }
  // As other threads take it.
  void make_short() { budget->claim(kShort); }
  void make_spent() { budget->claim(kSpent); }
  void make_room() { budget->give_back(kSpent); }

  static constexpr std::size_t kMost = 1000, kShort = 950, kSpent = 1001;
  std::shared_ptr<BlockBudget> budget = std::make_shared<BlockBudget>(kMost);
  RawServer worker;
  Proxy proxy;
};

TEST_F(MemoryShedding, RefusesRequestsWithAReasonWhileWhatRunsGoesOn) {
  RawSocket running = proxy.client(), other = proxy.client();
  running.send(get());
  RawSocket upstream = worker.accept();
  upstream.receive_message();
  make_short();
  for (int i = 0; i < 2; ++i) {  // its connection goes on
    other.send(get());
    EXPECT_THAT(other.receive_message(),
                AllOf(HasSubstr("HTTP/1.1 503 "), HasSubstr("(listen.memory_max)")));
  }
  EXPECT_EQ(shed(), 2u);
  upstream.send(ok(std::string(100'000, 'x')));
  EXPECT_THAT(running.receive_message(), HasSubstr(std::string(100'000, 'x')));
  budget->give_back(kShort);
  other.send(get());
  upstream.receive_message();
  upstream.send(ok("yes"));
  EXPECT_THAT(other.receive_message(), HasSubstr("yes"));
}

TEST_F(MemoryShedding, RefusesStreamsToBeTriedAgain) {
  H2Client client(proxy.client());
  const auto running = client.request(h2_get());
  RawSocket upstream = worker.accept();
  upstream.receive_message();
  make_short();
  EXPECT_EQ(client.finished(client.request(h2_get())).reset, NGHTTP2_REFUSED_STREAM);
  EXPECT_EQ(shed(), 1u);
  upstream.send(ok(std::string(100'000, 'x')));
  EXPECT_EQ(client.finished(running).body.size(), 100'000u);
}

// As many kilobytes of an answer are kept for a slow client as one block holds, not all that its
// windows would let wait.
TEST_F(MemoryShedding, KeepsLessOfEachAnswer) {
  H2Client client(proxy.client(), H2Client::Windows::kAsTold);
  const auto kept = [&] {
    return proxy.on_thread([](TrafficThread& thread) { return thread.buffers().taken(); });
  };
  client.request(h2_get());
  RawSocket upstream = worker.accept();
  upstream.receive_message();
  make_short();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\n");
  upstream.send_until_blocked(90'000'000);
  // Head in, head out, what came last, of the connection's frames, of the answer.
  EXPECT_LE(kept(), 7u);
}

TEST_F(MemoryShedding, ResetsUploadsWhereItIsSpent) {
  H2Client client(proxy.client());
  const auto stream = client.open(h2_post());
  RawSocket upstream = worker.accept();
  upstream.receive_until("\r\n\r\n");
  make_spent();
  client.send(stream, std::string(10'000, 'x'));
  EXPECT_EQ(client.finished(stream).reset, NGHTTP2_INTERNAL_ERROR);
  EXPECT_EQ(shed(), 1u);
}

TEST_F(MemoryShedding, EndsWhatWantsMoreWhereItIsSpent) {
  RawSocket running = proxy.client();
  running.send(get());
  RawSocket upstream = worker.accept();
  upstream.receive_message();
  make_spent();
  upstream.send(ok("yes"));
  EXPECT_THAT(running.receive_message(),
              AllOf(HasSubstr("HTTP/1.1 503 "), HasSubstr("(listen.memory_max)")));
  EXPECT_EQ(shed(), 1u);
}

TEST_F(MemoryShedding, LetsNewClientsWaitWhereItIsSpent) {
  make_spent();
  RawSocket client = proxy.client();  // by the kernel
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.stays_silent());
  make_room();
  EXPECT_THAT(client.receive_message(), HasSubstr("HTTP/1.1 400 "));
}

TEST(MemorySheddingReadiness, IsAnsweredWhileMemoryIsShort) {
  const auto budget = std::make_shared<BlockBudget>(1000);
  FrontSettings settings;
  settings.ready_path = "/ready";
  const auto front = std::make_shared<Front>(front_for(settings, nullptr));
  Proxy proxy({.blocks = budget, .front = front});
  budget->claim(950);
  RawSocket client = proxy.client();
  client.send(get("/ready"));
  EXPECT_THAT(client.receive_message(), HasSubstr("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace foretide::balancer
