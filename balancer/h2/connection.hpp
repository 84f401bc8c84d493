// A client's connection on which HTTP/2 is spoken (RFC 9113), by nghttp2: many requests at once,
// each served by itself (request_stream.hpp), their frames read and written here.
//
// nghttp2 keeps the protocol: frames, header compression, windows, the rules of a message. It is
// fed with what the socket has and asked for what is to be sent; neither blocks. Requests that the
// bytes just read have completed are begun afterwards, never within nghttp2.
//
// Limits, each with its fate: 128 requests at once (a client that was told so and sends more ends
// its connection); of each, 64 KiB of body unread and 64 KiB of answer unsent; 15 KiB of fields
// (431). Where memory is short (block_budget.hpp) new requests are refused to be tried again, and
// uploads are reset where it is spent. Beyond 1,000 frames that a client has not taken (refusals,
// acknowledgements, windows) nothing more is read of it until it takes some; one that takes not a
// byte for a minute is cut. What costs us more than the client has a budget (event_budget.hpp):
// streams that are reset, by the client or for its faults (CVE-2023-44487 and its kin), and frames
// that carry nothing. Beyond it the connection is told to calm down, and ended. One without a
// request is closed after `listen.idle_timeout`.
//
// Going down: a first GOAWAY says that no more is wanted, a second one a second later what was
// still taken; what was taken is served to its end.
//
// Absent: push, priorities beyond nghttp2's own, WebSockets over HTTP/2, trailers.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "balancer/core/event_budget.hpp"
#include "balancer/h2/request_stream.hpp"

namespace foretide::balancer::h2 {

// What a client begins with that speaks HTTP/2 without asking; the first 18 bytes look like a head.
inline constexpr std::string_view kPrefaceHead = "PRI * HTTP/2.0\r\n\r\n";

class Connection final : public RequestOwner {
 public:
  struct Parts {
    TrafficThread& thread;
    Stream& client;
    Waiter& waiter;
    Buffer& input;  // what was read already, beginning with the preface
    const ClientSide& client_side;
  };
  explicit Connection(const Parts& parts);
  ~Connection();

  // To the end of the connection and of all its requests; the socket is left open.
  Task<> run();

  // Since when it has no request; nothing: it has some.
  std::optional<Instant> idle_since() const;

  static constexpr int kIdleFramesAtOnce = 1000;

  static void register_callbacks(nghttp2_session_callbacks* callbacks);

 private:
  struct Callbacks;
  friend struct Callbacks;
  struct DeleteSession {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  void send_head(std::int32_t stream, const ResponseFields& head) override;
  void output_grew(std::int32_t stream) override;
  void input_was_read(std::int32_t stream, std::size_t size) override;
  void request_is_over(RequestStream& request) override;

  bool read_some();
  void feed();
  void complete(RequestStream& request, RequestFields::Body body);
  void begin_requests();
  bool write_some();
  void fill_output();
  bool is_behind() const;
  bool is_done() const;
  void begin_shutdown();
  Instant idle_until() const;
  Instant deadline() const;
  void on_deadline();
  Task<> end_requests();
  void wake();
  void spend(EventBudget& budget);
  RequestStream* find(std::int32_t stream) const;
  void forget(std::int32_t stream);
  // Ends the stream where its answer and its request do not end it by themselves.
  void cut_if_needed(RequestStream& request);

  TrafficThread& thread_;
  Stream& client_;
  Waiter& waiter_;
  Buffer& input_;
  const ClientSide& client_side_;
  Waiter ending_;  // the requests' ends are waited for by it when the other one is cancelled
  std::unique_ptr<nghttp2_session, DeleteSession> session_;
  std::unordered_map<std::int32_t, std::unique_ptr<RequestStream>> requests_;
  std::vector<std::int32_t> to_begin_;
  std::vector<nghttp2_nv> fields_;  // of the head that is being sent
  Buffer output_;
  std::string_view frame_left_;  // of nghttp2's, what did not fit the output any more
  EventBudget resets_, idle_frames_;
  Instant idle_since_;
  Instant head_deadline_ = Instant::max();  // of the request whose fields are coming
  std::int32_t head_of_ = 0;
  Instant goaway_at_ = Instant::max();
  Instant taken_at_;  // when the client took something, or there was nothing to be taken
  std::size_t running_ = 0;
  bool in_turn_ = false;  // frames are written at its end anyway
  bool shutting_down_ = false;
  bool calmed_ = false;
  bool over_ = false;
};

}  // namespace foretide::balancer::h2
