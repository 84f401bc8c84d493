#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <deque>
#include <random>
#include <thread>
#include <utility>

#include "common/io/zmq_channel.hpp"
#include "common/io/zmq_link.hpp"
#include "common/io/zmq_mailbox.hpp"
#include "common/io/zmq_sockets.hpp"
#include "common/wire/limits.hpp"

namespace foretide {
namespace {

constexpr std::size_t kOutboxMessagesMax = 1024;
constexpr int kReadsPerTurn = 256;

// Drawn once a client, so that a thousand nodes do not come back in step.
std::chrono::milliseconds reconnect_base() {
  std::random_device random;
  return std::chrono::milliseconds(100 + random() % 201);
}

}  // namespace

struct ZmqClient::Thread {
  Thread(boost::asio::io_context& owner, ZmqClient::Settings to, Callbacks callbacks)
      : settings(std::move(to)), inbox(owner, std::move(callbacks)) {}

  void run();
  bool keys_are_keys();
  bool take_commands();
  void wait(std::chrono::milliseconds timeout);
  void receive();
  void send_control();
  void send_newest_telemetry();
  void tell(std::vector<LinkChange> changes);

  const ZmqClient::Settings settings;
  zmq::context_t context{1};
  std::chrono::milliseconds base = reconnect_base();
  Link control{context, settings, Lane::kControl, base};
  Link telemetry{context, settings, Lane::kTelemetry, base};
  std::deque<std::string> unsent;               // control
  std::optional<std::string> newest_telemetry;  // not sent yet

  // Shared with the owner.
  Inbox inbox;
  Doorbell bell;
  std::mutex mutex;
  std::vector<std::string> outbox;
  std::optional<std::string> telemetry_outbox;
  bool stopping = false;
  std::atomic<std::uint64_t> received{0}, sent{0}, dropped{0};

  std::thread thread;
};

void ZmqClient::Thread::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  const bool usable = keys_are_keys();
  while (take_commands()) {
    if (!usable) {
      wait(std::chrono::minutes(1));
      continue;
    }
    const auto now = std::chrono::steady_clock::now();
    const auto timeout = std::min(control.tend(now), telemetry.tend(now));
    send_control();
    send_newest_telemetry();
    wait(timeout);
    receive();
  }
}

bool ZmqClient::Thread::keys_are_keys() {
  if (!is_curve_key(settings.server_key)) {
    inbox.put(LinkDown{"the coordinator's key is no key: expected 40 characters"});
    return false;
  }
  if (!is_curve_key(settings.keys.public_key) || !is_curve_key(settings.keys.secret_key)) {
    inbox.put(LinkDown{"our own key is no key: expected 40 characters"});
    return false;
  }
  return true;
}

// False: it is time to stop.
bool ZmqClient::Thread::take_commands() {
  std::vector<std::string> messages;
  {
    const std::lock_guard lock(mutex);
    if (stopping) return false;
    messages.swap(outbox);
    if (telemetry_outbox) newest_telemetry = std::exchange(telemetry_outbox, std::nullopt);
  }
  for (std::string& bytes : messages) {
    const bool kept = control.connected() && unsent.size() < kOutboxMessagesMax;
    if (kept) {
      unsent.push_back(std::move(bytes));
    } else {
      ++dropped;
    }
  }
  return true;
}

// The handshake is told a moment before libzmq takes the first message, so what it does not take
// yet waits; what waits for a connection that was lost is dropped with it.
void ZmqClient::Thread::send_control() {
  if (!control.connected()) {
    dropped += unsent.size();
    unsent.clear();
  }
  while (!unsent.empty() && zmq_send(control.socket().handle(), unsent.front().data(),
                                     unsent.front().size(), ZMQ_DONTWAIT) >= 0) {
    unsent.pop_front();
    ++sent;
  }
}

void ZmqClient::Thread::send_newest_telemetry() {
  if (!newest_telemetry || telemetry.socket().handle() == nullptr) return;
  const std::string& bytes = *newest_telemetry;
  if (zmq_send(telemetry.socket().handle(), bytes.data(), bytes.size(), ZMQ_DONTWAIT) >= 0) {
    newest_telemetry.reset();
    ++sent;
  }
}

// Until something arrives, can be sent, or is to be tended.
void ZmqClient::Thread::wait(std::chrono::milliseconds timeout) {
  std::array<zmq::pollitem_t, 5> items{};
  int count = 0;
  items[count++] = {nullptr, bell.fd(), ZMQ_POLLIN, 0};
  for (Link* link : {&control, &telemetry}) {
    if (link->socket().handle() == nullptr) continue;
    items[count++] = {link->monitor().handle(), 0, ZMQ_POLLIN, 0};
    const bool to_send = link == &control ? !unsent.empty() : newest_telemetry.has_value();
    const int events = (link == &control ? ZMQ_POLLIN : 0) | (to_send ? ZMQ_POLLOUT : 0);
    if (events == 0) continue;
    items[count++] = {link->socket().handle(), 0, static_cast<short>(events), 0};
  }
  zmq_poll(items.data(), count, timeout.count());
  if (items[0].revents != 0) bell.hear();
}

void ZmqClient::Thread::receive() {
  const auto now = std::chrono::steady_clock::now();
  tell(control.take_events(now));
  telemetry.take_events(now);
  for (int i = 0; i < kReadsPerTurn && control.socket().handle() != nullptr; ++i) {
    zmq::message_t body;
    if (!control.socket().recv(body, zmq::recv_flags::dontwait)) return;
    const bool whole = !body.more();
    skip_rest(control.socket(), body);
    const bool taken = whole && inbox.put(Arrival{.peer_key = settings.server_key,
                                                  .lane = Lane::kControl,
                                                  .bytes = body.to_string()});
    ++(taken ? received : dropped);
  }
}

void ZmqClient::Thread::tell(std::vector<LinkChange> changes) {
  for (LinkChange& change : changes) {
    if (change.up) {
      inbox.put(LinkUp{std::move(change.text)});
    } else {
      inbox.put(LinkDown{std::move(change.text)});
    }
  }
}

std::unique_ptr<ZmqClient> ZmqClient::connect(boost::asio::io_context& owner, Settings settings,
                                              Callbacks callbacks) {
  auto thread = std::make_unique<Thread>(owner, std::move(settings), std::move(callbacks));
  thread->thread = std::thread([running = thread.get()] { running->run(); });
  return std::unique_ptr<ZmqClient>(new ZmqClient(std::move(thread)));
}

ZmqClient::ZmqClient(std::unique_ptr<Thread> thread) : thread_(std::move(thread)) {}

ZmqClient::~ZmqClient() {
  {
    const std::lock_guard lock(thread_->mutex);
    thread_->stopping = true;
  }
  thread_->bell.ring();
  thread_->thread.join();
}

void ZmqClient::send(std::string bytes) {
  {
    const std::lock_guard lock(thread_->mutex);
    if (bytes.size() > wire::kControlBytesMax || thread_->outbox.size() >= kOutboxMessagesMax) {
      ++thread_->dropped;
      return;
    }
    thread_->outbox.push_back(std::move(bytes));
  }
  thread_->bell.ring();
}

void ZmqClient::send_telemetry(std::string bytes) {
  {
    const std::lock_guard lock(thread_->mutex);
    if (bytes.size() > wire::kTelemetryBytesMax) {
      ++thread_->dropped;
      return;
    }
    thread_->telemetry_outbox = std::move(bytes);
  }
  thread_->bell.ring();
}

ChannelCounts ZmqClient::counts() const {
  return {.received = thread_->received, .sent = thread_->sent, .dropped = thread_->dropped};
}

}  // namespace foretide
