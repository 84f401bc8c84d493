// One request and its response: chooses an endpoint or waits for one, sends, relays both bodies,
// and answers itself when that cannot be done.
//
// Request and response flow at the same time, each through one block of memory: nothing is read
// before what was read last has been written, so a slow side slows the other down and memory stays
// bounded. Two plain functions move what can be moved without waiting (`pump_request`,
// `pump_response`); the coroutine around them sleeps until one of the two sockets is ready again or
// the deadline comes.
//
// Promises: a request is sent at most once unless it may be repeated (idempotent, its whole body in
// hand, and not one byte of an answer) or not one byte of it was sent; a response that the worker
// cut short is never ended cleanly towards the client; the response may come before the request's
// body is over; a connection is used again, on either side, only after a message that ended exactly
// where it said.
//
// What has come of the body before a worker is chosen is "in hand": it stands in the input's block,
// without framing, and goes out with the head. A service can ask for a look at so much of it; a
// request that is held reads on, as far as the block has room. A body that is in hand as a whole
// can be sent again.
//
// Interim answers (1xx) are passed on like all else: one at a time, the next is not read before it
// is written. A worker may send a hundred and then ten a second, as one that tells how an upload or
// a long computation goes; what sends more would never come to its answer, and ends in a 502.
//
// After a 101 both sides are passed on as they come (exchange_tunnel.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "balancer/core/access_line.hpp"
#include "balancer/core/event_budget.hpp"
#include "balancer/http/framing.hpp"
#include "balancer/http/head_scan.hpp"
#include "balancer/http/real_client.hpp"
#include "balancer/http/request_head.hpp"
#include "balancer/http/response_head.hpp"
#include "balancer/io/buffer.hpp"
#include "balancer/io/local_service.hpp"
#include "balancer/io/outgoing.hpp"
#include "balancer/io/stream.hpp"
#include "balancer/io/task.hpp"
#include "balancer/io/traffic_thread.hpp"
#include "balancer/io/upstream_pool.hpp"

namespace foretide::balancer {

// What becomes of the client's connection.
enum class After : std::uint8_t {
  kNext,    // it may send another request
  kClose,   // all is said on both sides
  kLinger,  // all is said, but the client may be sending still: what comes is read and dropped
  kDrop,    // at once
  kReset,   // so that the client cannot take what it got for the whole
};

class Exchange {
 public:
  // `input` begins with a complete head.
  Exchange(TrafficThread& thread, Stream& client, Waiter& waiter, Buffer& input,
           const ClientSide& client_side);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  Task<After> run();

 private:
  enum class Outcome : std::uint8_t {
    kPending,
    kDone,
    kClosedUnanswered,  // the connection ended before the first byte of an answer
    kBadResponse,       // `trouble_` says why
    kTruncated,         // in the midst of an answer's body
    kBadRequestBody,
    kUpstreamSlow,
    kClientSlow,
    kClientGone,
    kOutOfSockets,
    kOutOfMemory,
    kHeldInVain,  // held_.refused says why
    kOutOfTime,   // the request as a whole
    kBodyTooLarge,
    kSwitched,  // to another protocol; the 101 is on its way to the client
    kCancelled,
  };

  // These end with an outcome when they fail.
  Task<> serve();
  Task<> look_ahead(std::size_t size);
  Task<> await_routes();  // or until there is nobody who could send some
  Task<> obtain_endpoint();
  Task<> connect();  // without a connection and an outcome: choose again
  Task<IoResult> await_connection();
  void report_trouble(int error);
  Task<> relay();
  Task<After> tunnel();

  struct Refusal {
    int status = 0;  // 0: none
    std::string_view reason;
  };
  Refusal refusal_by_policy() const;
  void name_keys();
  bool change_request_head();
  Task<After> send_to_https();
  Task<After> answer(int status, std::string_view reason, std::string_view location = {});
  Task<After> answer_outcome();
  Task<After> answer_held_in_vain();
  Task<After> answer_out_of_memory();

  bool is_logged() const;
  std::string_view noted(std::string_view text);
  void note_request();
  void log();

  std::uint8_t gone_events() const;
  bool client_is_gone();
  void take_in_hand();
  bool wants_more_in_hand() const;
  void read_in_hand();
  bool body_is_too_large() const;
  bool may_be_repeated() const { return head_.idempotent && whole_in_hand_; }
  bool may_send_again() const;
  bool may_try_elsewhere();
  void begin_sending();
  void finish(Finish how);
  After after_response() const;

  void pump_request();
  void pump_response();
  void relay_response();
  void request_is_over(bool complete);
  bool read_client();
  bool may_read_upstream() const;
  bool read_upstream();
  bool take_response_head();
  bool take_interim(std::string_view head);
  ResponseHead read_response_head(std::string_view bytes, HeadWriter& out) const;
  bool response_head_ends(std::string_view bytes);
  void take_response_body();
  void refuse_unsent_response();
  void response_is_read();
  void on_upstream_end(const IoResult& result);
  Instant deadline() const;
  Outcome outcome_of_deadline() const;

  TrafficThread& thread_;
  EventLoop& loop_;
  Stream& client_;
  Waiter& waiter_;
  Buffer& input_;  // the client's bytes: head, body, the next request
  const ClientSide& client_side_;
  RealClient from_;
  Buffer request_;   // the head for the upstream
  Buffer reply_;     // the head for the client, and a small body
  Buffer received_;  // the upstream's bytes
  Buffer record_texts_;
  AccessRecord record_;  // of the access log, where there is one
  std::uint64_t sent_to_client_ = 0, heads_to_client_ = 0;
  bool timed_out_ = false;
  bool is_probe_ = false;  // of the balancer itself, which is not worth a line in the log
  HeadWriter request_head_;
  std::size_t shared_head_size_ = 0;  // of request_head_, without what depends on the endpoint
  RequestHead head_;
  bool head_intact_ = true;  // what head_ views was not read over

  std::string_view in_hand_;    // of the body, in the input's block
  bool whole_in_hand_ = false;  // nothing of it is still to come
  bool said_continue_ = false;  // 100 was answered here
  std::uint64_t body_size_ = 0;

  LocalService* service_ = nullptr;
  HeldRequest held_;
  Instant arrived_{}, total_deadline_ = Instant::max();
  std::optional<std::chrono::milliseconds> held_for_;
  std::uint32_t retries_ = 0;
  Endpoint* endpoint_ = nullptr;
  std::unique_ptr<UpstreamConnection> upstream_;

  Outcome outcome_ = Outcome::kPending;
  std::string_view trouble_;
  Outgoing to_upstream_, to_client_;
  BodyReader request_body_, response_body_;
  std::optional<EventBudget> interims_;  // once one has come
  HeadScan response_scan_;
  ResponseHead response_;
  Instant response_deadline_ = Instant::max();
  bool reused_ = false;  // the connection served before
  bool sent_any_ = false;
  bool request_over_ = false;  // nothing more is sent: all is, or the upstream takes no more
  bool request_complete_ = false;
  bool response_begun_ = false;  // a byte of it was seen
  bool in_body_ = false;         // the final head was taken
  bool told_client_ = false;     // and is on its way to the client
  bool response_read_ = false;   // to its end
  std::uint32_t blocks_in_a_row_ = 0;
};

}  // namespace foretide::balancer
