// After a 101: bytes are passed on both ways as they come, until both sides have ended. An end on
// one side is passed on too, so a protocol that half-closes works. A side that has nothing to say
// holds no memory: ten thousand idle WebSockets cost no block.
#include <algorithm>

#include "balancer/io/exchange.hpp"

namespace foretide::balancer {
namespace {

// One direction of a tunnel.
struct Way {
  Stream& from;
  Stream& to;
  Buffer& bytes;
  bool ended = false;  // `from` says nothing more
  bool over = false;   // and `to` has heard that
  std::uint64_t moved = 0;
};

enum class Moved : std::uint8_t { kSome, kTurnIsOver, kBroken };

// Moves what can be moved without waiting.
Moved move_some(Way& way) {
  for (std::uint32_t blocks = 0; !way.over; ++blocks) {
    if (blocks == kBlocksInARow) return Moved::kTurnIsOver;
    while (!way.bytes.empty()) {
      const iovec part{way.bytes.data(), way.bytes.size()};
      const IoResult result = way.to.write({&part, 1});
      if (result.blocked()) return Moved::kSome;
      if (!result.done()) return Moved::kBroken;
      way.bytes.consume(result.size);
      way.moved += result.size;
    }
    if (way.ended) {
      way.bytes.release();
      way.to.end_writing();
      way.over = true;
      break;
    }
    if ((way.from.events() & (kReadable | kBroken)) == 0) break;
    way.bytes.acquire();
    const IoResult result = way.from.read(way.bytes.room());
    if (result.blocked()) break;
    if (result.kind == IoResult::Kind::kError) return Moved::kBroken;
    if (result.done()) way.bytes.add(result.size);
    way.ended = !result.done();
  }
  if (way.bytes.empty()) way.bytes.release();
  return Moved::kSome;
}

Want want_of(Stream& stream, const Way& says, const Way& hears) {
  std::uint8_t events = kNothing;
  if (says.bytes.empty() && !says.ended) events |= kReadable;
  if (!hears.bytes.empty()) events |= kWritable;
  return {&stream, events};
}

}  // namespace

Task<After> Exchange::tunnel() {
  ++service_->traffic().completed_total;
  request_.release();
  Way up{client_, *upstream_, input_}, down{*upstream_, client_, received_};
  Instant deadline = loop_.now() + service_->policy().tunnel_timeout;
  for (;;) {
    // The 101 goes first.
    const IoResult said = to_client_.flush(client_);
    sent_to_client_ += said.size;
    if (!said.done() && !said.blocked()) break;
    if (to_client_.empty()) reply_.release();
    const Moved moved_up = move_some(up);
    const Moved moved_down = to_client_.empty() ? move_some(down) : Moved::kSome;
    if (moved_up == Moved::kBroken || moved_down == Moved::kBroken) break;
    if (up.over && down.over) break;
    if (moved_up == Moved::kTurnIsOver || moved_down == Moved::kTurnIsOver) {
      if (co_await waiter_.yield() == Woke::kCancelled) break;
      deadline = loop_.now() + service_->policy().tunnel_timeout;
      continue;
    }
    Want client = want_of(client_, up, down), worker = want_of(*upstream_, down, up);
    if (!to_client_.empty()) {
      client.events |= kWritable;
      // It is not read before the 101 is out, and would be readable for ever.
      worker.events &= static_cast<std::uint8_t>(~kReadable);
    }
    const Woke woke = co_await waiter_.sleep(deadline, client, worker);
    if (woke == Woke::kCancelled || woke == Woke::kDeadline) break;
    if (woke == Woke::kReady) deadline = loop_.now() + service_->policy().tunnel_timeout;
  }
  sent_to_client_ += down.moved;
  upstream_.reset();
  finish(Finish::kTunnelled);
  co_return After::kDrop;
}

}  // namespace foretide::balancer
