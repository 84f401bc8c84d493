#include "balancer/h2/connection.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "balancer/h2/callbacks.hpp"
#include "balancer/http/request_head.hpp"
#include "balancer/io/front.hpp"
#include "balancer/io/traffic_thread.hpp"
#include "common/check.hpp"
#include "common/io/log.hpp"

namespace foretide::balancer::h2 {
namespace {

constexpr std::uint32_t kRequestsAtOnce = 128;
constexpr std::int32_t kConnectionWindow = 1024 * 1024;
constexpr std::chrono::seconds kLastChance{1};
// Each of the requests at once may have an interim head, a head, a window and an end on their way.
constexpr std::size_t kFramesUnsentMax = 1000;
constexpr EventBudget::Rate kResets{.at_once = 200, .per_second = 20};
constexpr EventBudget::Rate kIdleFrames{.at_once = Connection::kIdleFramesAtOnce,
                                        .per_second = 100};

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  return {const_cast<std::uint8_t*>(bytes_of(name)), const_cast<std::uint8_t*>(bytes_of(value)),
          name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

Connection::Connection(const Parts& parts)
    : thread_(parts.thread),
      client_(parts.client),
      waiter_(parts.waiter),
      input_(parts.input),
      client_side_(parts.client_side),
      ending_(thread_.loop()),
      session_(make_session(*this)),
      output_(thread_.buffers()),
      resets_(kResets, thread_.loop().now()),
      idle_frames_(kIdleFrames, thread_.loop().now()),
      idle_since_(thread_.loop().now()),
      taken_at_(thread_.loop().now()) {
  if (!session_) throw std::bad_alloc();
  const std::array<nghttp2_settings_entry, 2> settings{
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kRequestsAtOnce},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(kHeadMax)}}};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  // A stream's window is what bounds it; the connection's must not hold one back for another's
  // sake.
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Connection::~Connection() {
  CHECK(running_ == 0, "requests end before their connection does");
}

Task<> Connection::run() {
  ++thread_.counts().http2_total;
  for (std::uint32_t blocks = 0; !over_;) {
    if (thread_.ends_connections()) begin_shutdown();
    in_turn_ = true;
    const bool read = read_some();
    begin_requests();
    bool wrote = write_some();
    while (calmed_ && wrote) wrote = write_some();  // the goodbye stands behind other frames
    in_turn_ = false;
    if (over_ || calmed_ || is_done()) break;
    if ((read || wrote) && ++blocks < kBlocksInARow) continue;
    Woke woke = Woke::kReady;
    if (read || wrote) {
      woke = co_await waiter_.yield();
    } else {
      const bool pending = !output_.empty();
      const auto events = static_cast<std::uint8_t>((is_behind() ? kNothing : kReadable) |
                                                    (pending ? kWritable : kNothing));
      woke = co_await waiter_.sleep(deadline(),
                                    {&client_, static_cast<std::uint8_t>(events | kBroken)});
    }
    blocks = 0;
    if (woke == Woke::kCancelled || (client_.events() & kBroken)) break;
    if (woke == Woke::kDeadline) on_deadline();
  }
  co_await end_requests();
}

// ---- frames in ----

// False when there is nothing to read.
bool Connection::read_some() {
  if (is_behind()) return false;
  if (!input_.empty()) {
    feed();
    return true;
  }
  if ((client_.events() & (kReadable | kBroken)) == 0) return false;
  input_.acquire();
  const IoResult result = client_.read(input_.room());
  if (result.done()) {
    input_.add(result.size);
    feed();
    return true;
  }
  if (!result.blocked()) over_ = true;
  input_.release();
  return false;
}

void Connection::feed() {
  const auto used = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(input_.data()), input_.size());
  if (used < 0) {
    spdlog::debug("HTTP/2 with {} ends: {}", client_side_.address,
                  nghttp2_strerror(static_cast<int>(used)));
    if (used == NGHTTP2_ERR_FLOODED) ++thread_.counts().http2_calmed_total;
    while (write_some()) {  // what nghttp2 has to say about it
    }
    over_ = true;
  }
  input_.release();  // nghttp2 takes all or fails
}

// What it has sent makes us say more than it takes.
bool Connection::is_behind() const {
  return nghttp2_session_get_outbound_queue_size(session_.get()) > kFramesUnsentMax;
}

// All of a request's fields have come.
void Connection::complete(RequestStream& request, RequestFields::Body body) {
  head_deadline_ = Instant::max();
  request.fields().finish(body);
  if (request.fields().malformed()) {
    ++thread_.counts().refused_requests_total;
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, request.id(),
                              NGHTTP2_PROTOCOL_ERROR);
    return;
  }
  request.complete(body);
  to_begin_.push_back(request.id());
}

void Connection::begin_requests() {
  for (const auto id : std::exchange(to_begin_, {})) {
    RequestStream* request = find(id);
    if (request == nullptr || calmed_) continue;
    ++running_;
    request->start();
  }
}

RequestStream* Connection::find(std::int32_t stream) const {
  const auto found = requests_.find(stream);
  return found == requests_.end() ? nullptr : found->second.get();
}

// ---- frames out ----

// False when nothing could be written.
bool Connection::write_some() {
  if (output_.empty()) taken_at_ = thread_.loop().now();
  fill_output();
  if (output_.empty()) {
    output_.release();
    return false;
  }
  const iovec part{output_.data(), output_.size()};
  const IoResult result = client_.write({&part, 1});
  if (result.done()) {
    output_.consume(result.size);
    taken_at_ = thread_.loop().now();
  }
  if (!result.done() && !result.blocked()) over_ = true;
  if (output_.empty()) output_.release();
  return result.done();
}

void Connection::fill_output() {
  if (frame_left_.empty() && nghttp2_session_want_write(session_.get()) == 0) return;
  output_.acquire();
  while (!output_.room().empty()) {
    if (frame_left_.empty()) {
      const std::uint8_t* bytes = nullptr;
      const auto size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size < 0) over_ = true;
      if (size <= 0) return;
      frame_left_ = {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
    }
    const auto room = output_.room();
    const auto piece = std::min(frame_left_.size(), room.size());
    std::memcpy(room.data(), frame_left_.data(), piece);
    output_.add(piece);
    frame_left_.remove_prefix(piece);
  }
}

void Connection::send_head(std::int32_t stream, const ResponseFields& head) {
  const std::string status = std::to_string(head.status);
  fields_.clear();
  fields_.push_back(field(":status", status));
  for (const auto& [name, value] : head.fields) fields_.push_back(field(name, value));
  if (head.interim()) {
    nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream, nullptr, fields_.data(),
                           fields_.size(), nullptr);
    return;
  }
  const nghttp2_data_provider body = body_of(*find(stream));
  nghttp2_submit_response(session_.get(), stream, fields_.data(), fields_.size(),
                          head.has_body ? &body : nullptr);
}

void Connection::output_grew(std::int32_t stream) {
  nghttp2_session_resume_data(session_.get(), stream);
  wake();
}

void Connection::input_was_read(std::int32_t stream, std::size_t size) {
  nghttp2_session_consume_stream(session_.get(), stream, size);
  wake();
}

void Connection::wake() {
  if (!in_turn_) waiter_.wake();
}

// ---- ends ----

void Connection::request_is_over(RequestStream& request) {
  --running_;
  if (running_ == 0) ending_.wake();
  if (request.closed) return forget(request.id());
  cut_if_needed(request);
  wake();
}

void Connection::cut_if_needed(RequestStream& request) {
  if (request.running || request.closed) return;
  const bool whole = request.end().response_is_whole() && request.end().output_size() == 0;
  if (!whole) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, request.id(),
                              NGHTTP2_INTERNAL_ERROR);
  } else if (request.end_sent && !request.end().input_is_whole()) {
    // All is said; the rest of the request is not wanted (RFC 9113 section 8.1).
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, request.id(), NGHTTP2_NO_ERROR);
  }
}

void Connection::forget(std::int32_t stream) {
  requests_.erase(stream);
  if (!requests_.empty()) return;
  idle_since_ = thread_.loop().now();
  wake();  // it sleeps for as long as it had requests
}

bool Connection::is_done() const {
  const bool silent =
      output_.empty() && frame_left_.empty() && nghttp2_session_want_write(session_.get()) == 0;
  return silent && nghttp2_session_want_read(session_.get()) == 0;
}

void Connection::begin_shutdown() {
  if (std::exchange(shutting_down_, true)) return;
  nghttp2_submit_shutdown_notice(session_.get());
  goaway_at_ = thread_.loop().now() + kLastChance;
}

std::optional<Instant> Connection::idle_since() const {
  return requests_.empty() ? std::optional(idle_since_) : std::nullopt;
}

Instant Connection::idle_until() const {
  return idle_since_ + thread_.front().idle_timeout;
}

Instant Connection::deadline() const {
  Instant next = std::min(goaway_at_, head_deadline_);
  if (!output_.empty()) next = std::min<Instant>(next, taken_at_ + thread_.stall_time());
  return requests_.empty() ? std::min<Instant>(next, idle_until()) : next;
}

void Connection::on_deadline() {
  const Instant now = thread_.loop().now();
  if (now >= goaway_at_) {
    goaway_at_ = Instant::max();
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
  }
  if (now >= head_deadline_) {
    over_ = true;  // half a head is nothing that could be answered
    ++thread_.counts().refused_requests_total;
  }
  if (!output_.empty() && now >= taken_at_ + thread_.stall_time()) over_ = true;
  if (requests_.empty() && now >= idle_until()) {
    // One that does not even take the goodbye is left without.
    if (!output_.empty()) over_ = true;
    nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
  }
}

void Connection::spend(EventBudget& budget) {
  if (calmed_ || budget.spend(thread_.loop().now())) return;
  calmed_ = true;
  ++thread_.counts().http2_calmed_total;
  nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
}

Task<> Connection::end_requests() {
  for (auto& [id, request] : requests_) {
    request->closed = true;
    request->end().closed();
    request->cancel();
  }
  while (running_ > 0) {
    [[maybe_unused]] const Woke woke = co_await ending_.sleep(Instant::max());
  }
}

}  // namespace foretide::balancer::h2
