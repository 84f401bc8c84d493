// One client of a load: a connection that sends the same request again and again and checks that
// each answer is whole. `advance` does what can be done without waiting; the load calls it whenever
// the socket is ready, and asks afterwards what became of the request.
//
// What counts as failed: no connection, an answer other than 200, one that ends early, a connection
// that ends in between. There is no second try. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/bench/load/client_socket.hpp"

namespace foretide::bench {

using Clock = std::chrono::steady_clock;

struct RequestShape {
  std::string head;  // with Content-Length, if there is a body
  std::uint64_t body_bytes = 0;
  bool new_connection = false;  // for each request
};

class Client {
 public:
  Client(const Target& target, const RequestShape& shape) : target_(target), shape_(shape) {}

  enum class State : std::uint8_t { kResting, kOpening, kSending, kReading, kSucceeded, kFailed };

  // Since `due`: the moment at which the request should have begun.
  void begin(Clock::time_point due);
  void advance();
  // Takes note of a kSucceeded or kFailed and rests.
  void rest();
  // Its peer ended the connection while it rested, or sent something unasked.
  bool lost_at_rest();
  void fail(std::string why);

  State state() const { return state_; }
  bool rests() const { return state_ == State::kResting; }
  bool is_over() const { return state_ == State::kSucceeded || state_ == State::kFailed; }
  Clock::time_point due() const { return due_; }
  const std::string& why() const { return why_; }
  std::string tls() const { return socket_.tls(); }
  // A new descriptor since the last call, to be watched.
  std::optional<int> opened();

 private:
  void open();
  bool send();
  void read();
  void take(std::string_view bytes);
  void take_head();

  const Target target_;
  const RequestShape& shape_;
  ClientSocket socket_;
  State state_ = State::kResting;
  Clock::time_point due_{};
  std::size_t head_sent_ = 0;
  std::uint64_t body_left_ = 0;  // of the request
  std::string head_;             // of the answer, as far as it came
  bool in_body_ = false;
  bool closes_ = false;
  std::uint64_t answer_left_ = 0;
  std::optional<int> opened_;
  std::string why_;
};

}  // namespace foretide::bench
