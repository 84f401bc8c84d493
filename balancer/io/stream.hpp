// The seam between the request path and the operating system: a connected socket that is read and
// written without blocking, and the one place where a session sleeps.
//
// A Stream remembers what epoll said about it: reading one that has nothing to read costs no system
// call, and after a read that did not fill the buffer it is known to be empty (edge-triggered epoll
// tells of the next byte). A session's coroutine owns one Waiter and sleeps on it until one of the
// streams that it names becomes ready for what it wants, until a deadline, or until somebody wakes
// it.
//
// With a layer (stream_layer.hpp) what is read and written passes through it, and there may be no
// socket at all.
//
// All on the loop's thread.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <sys/uio.h>

#include "balancer/io/event_loop.hpp"
#include "balancer/io/stream_layer.hpp"
#include "common/address.hpp"
#include "common/time.hpp"

namespace foretide::balancer {

enum StreamEvents : std::uint8_t {
  kNothing = 0,
  kReadable = 1,  // bytes, or the peer's end of them
  kWritable = 2,
  kBroken = 4,     // reset, or closed both ways
  kPeerEnded = 8,  // the socket has nothing more to say behind what is there; stays
};

// What follows a write.
enum class Then : std::uint8_t { kNothing, kMore };

class Stream : public Source {
 public:
  explicit Stream(EventLoop& loop);
  ~Stream() { close(); }

  // Takes over a connected, non-blocking descriptor; it has none yet. False, with errno, when it
  // cannot be watched: it is closed.
  [[nodiscard]] bool attach(int fd);
  // Begins to connect; kBlocked: `establish` when it is readable, writable or broken.
  IoResult connect(const Address& address);
  // Goes on with connecting, then with what a layer has to agree on with the peer. kDone: bytes may
  // flow. kBlocked: again when it is readable, writable or broken.
  IoResult establish();
  // Put on before the first byte flows. Without a descriptor, it is a connection by itself.
  void set_layer(std::unique_ptr<StreamLayer> layer);
  StreamLayer* layer() const { return layer_.get(); }
  void close();
  // So that the peer sees a reset instead of a clean end.
  void close_with_reset();
  void end_writing();
  bool is_open() const { return fd_ >= 0 || layer_; }
  int fd() const { return fd_; }

  IoResult read(std::span<char> into);
  // With kMore a last packet that is not full may wait for what follows, up to 200 ms: who does not
  // write more at once calls `push`.
  IoResult write(std::span<const iovec> parts, Then then = Then::kNothing);
  void push();
  // Asks the socket itself whether something, or an end, is there to be read.
  bool has_input();

  // Who is woken by its events; none: `unawaited` is called instead.
  void set_waiter(Waiter* waiter) { waiter_ = waiter; }
  void set_unawaited(void (*call)(Stream&)) { unawaited_ = call; }
  std::uint8_t events() const { return events_; }

  // ---- for its layer ----

  // Wakes who waits for one of them, after the present batch of events.
  void raise(std::uint8_t events);
  void lower(std::uint8_t events) { events_ &= static_cast<std::uint8_t>(~events); }
  bool peer_ended() const { return (events_ & kPeerEnded) != 0; }

 private:
  friend class Waiter;
  static void ready(Source& source, std::uint32_t epoll_events);
  IoResult connect_outcome() const;

  EventLoop& loop_;
  std::unique_ptr<StreamLayer> layer_;
  Waiter* waiter_ = nullptr;
  void (*unawaited_)(Stream&) = nullptr;
  int fd_ = -1;
  std::uint8_t events_ = kNothing;
  std::uint8_t wanted_ = kNothing;
  bool connecting_ = false;
  bool unpushed_ = false;  // what was written last may wait in the kernel
};

enum class Woke : std::uint8_t {
  kReady,  // one of the streams
  kDeadline,
  kCalled,     // by wake()
  kCancelled,  // for good: the session is to end
};

// What a sleeper waits for on one stream.
struct Want {
  Stream* stream = nullptr;
  std::uint8_t events = kNothing;
};

// What one session reads before it lets others have a turn (`Waiter::yield`).
inline constexpr std::uint32_t kBlocksInARow = 32;

class Waiter {
 public:
  explicit Waiter(EventLoop& loop);

  class Sleep {
   public:
    Sleep(Waiter& waiter, Want first, Want second, Instant deadline, bool yields = false)
        : waiter_(waiter), first_(first), second_(second), deadline_(deadline), yields_(yields) {}
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> sleeper);
    Woke await_resume();

   private:
    Waiter& waiter_;
    Want first_, second_;
    Instant deadline_;
    bool yields_;
  };

  Sleep sleep(Instant deadline, Want first = {}, Want second = {}) {
    return {*this, first, second, deadline};
  }

  // Lets everybody else have a turn first.
  Sleep yield() { return {*this, {}, {}, Instant::max(), true}; }

  // Takes effect after the present batch of events; kept if nobody sleeps just now.
  void wake();
  // Every sleep from now on ends at once.
  void cancel();
  bool cancelled() const { return cancelled_; }
  EventLoop& loop() { return loop_; }

 private:
  friend class Stream;
  friend class EventLoop;
  void resume(Woke why);
  void resume_queued();
  void queue();

  EventLoop& loop_;
  Timer timer_;
  std::coroutine_handle<> sleeper_;
  Woke woke_ = Woke::kReady;
  bool queued_ = false;  // stands in the loop's list
  bool called_ = false;
  bool cancelled_ = false;
};

}  // namespace foretide::balancer
