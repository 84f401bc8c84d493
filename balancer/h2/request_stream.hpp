// One request of an HTTP/2 connection, from its first field to the end of its answer: the fields
// are gathered into a head, and an Exchange serves it as it serves every other.
//
// It lives as long as both of its halves: the coroutine that serves it and the stream that the
// client sees. The connection owns it and lets it go when both are over.
#pragma once

#include <cstdint>

#include "balancer/h2/request_fields.hpp"
#include "balancer/h2/stream_end.hpp"
#include "balancer/http/forwarded_fields.hpp"
#include "balancer/io/buffer.hpp"
#include "balancer/io/stream.hpp"
#include "balancer/io/task.hpp"

namespace foretide::balancer {
class TrafficThread;
}

namespace foretide::balancer::h2 {

class RequestStream;

class RequestOwner : public StreamOwner {
 public:
  // Its coroutine is over; the last call about it that the coroutine makes.
  virtual void request_is_over(RequestStream& request) = 0;

 protected:
  ~RequestOwner() = default;
};

class RequestStream {
 public:
  struct Parts {
    TrafficThread& thread;
    RequestOwner& owner;
    const ClientSide& client_side;
  };
  RequestStream(const Parts& parts, std::int32_t id);

  std::int32_t id() const { return id_; }
  RequestFields& fields() { return fields_; }
  StreamEnd& end() { return end_; }

  // All fields have come, and they are not malformed.
  void complete(RequestFields::Body body);
  void start();
  void cancel() { waiter_.cancel(); }
  bool started() const { return started_; }

  bool running = false;   // the coroutine
  bool closed = false;    // the client's stream
  bool end_sent = false;  // the last frame of the answer

 private:
  static Task<> live(RequestStream* request);
  Task<> serve();
  Task<> refuse(int status);
  Task<> send_rest();

  TrafficThread& thread_;
  RequestOwner& owner_;
  const ClientSide& client_side_;
  std::int32_t id_;
  Waiter waiter_;
  Stream stream_;
  StreamEnd& end_;  // the stream's layer
  Buffer input_;
  RequestFields fields_;
  bool started_ = false;
};

}  // namespace foretide::balancer::h2
