#include "balancer/h2/request_stream.hpp"

#include <array>
#include <memory>

#include "balancer/http/answer.hpp"
#include "balancer/io/exchange.hpp"
#include "balancer/io/traffic_thread.hpp"

namespace foretide::balancer::h2 {
namespace {

StreamEnd& put_on(Stream& stream, std::unique_ptr<StreamEnd> end) {
  StreamEnd& layer = *end;
  stream.set_layer(std::move(end));
  return layer;
}

HeadWriter head_in(Buffer& input) {
  input.acquire();
  return {input.block(), kHeadMax};
}

}  // namespace

RequestStream::RequestStream(const Parts& parts, std::int32_t id)
    : thread_(parts.thread),
      owner_(parts.owner),
      client_side_(parts.client_side),
      id_(id),
      waiter_(thread_.loop()),
      stream_(thread_.loop()),
      end_(put_on(stream_, std::make_unique<StreamEnd>(owner_, id, stream_, thread_.buffers()))),
      input_(thread_.buffers()),
      fields_(head_in(input_)) {
  stream_.set_waiter(&waiter_);
}

void RequestStream::complete(RequestFields::Body body) {
  Framing framing = Framing::kNone;
  if (fields_.has_length()) {
    framing = Framing::kLength;
  } else if (body == RequestFields::Body::kFollows) {
    framing = Framing::kChunked;
  }
  end_.expect(framing, fields_.is_head() ? ResponseReader::To::kHead : ResponseReader::To::kOther);
  if (body == RequestFields::Body::kNone) end_.end_input();
}

void RequestStream::start() {
  started_ = running = true;
  spawn(live(this), "a request over HTTP/2");
}

Task<> RequestStream::live(RequestStream* request) {
  std::exception_ptr error;
  try {
    co_await request->serve();
  } catch (...) {
    error = std::current_exception();
  }
  // Whatever came of it, its connection waits for this.
  if (error) report_escaped(error, "a request over HTTP/2");
  request->running = false;
  request->owner_.request_is_over(*request);
}

Task<> RequestStream::serve() {
  if (fields_.refused() != 0) {
    co_await refuse(fields_.refused());
  } else {
    input_.add(fields_.head().size());
    Exchange exchange(thread_, stream_, waiter_, input_, client_side_);
    // How it ended is told by what was written, whole or not.
    [[maybe_unused]] const After after = co_await exchange.run();
  }
  input_.release();
  co_await send_rest();
}

Task<> RequestStream::refuse(int status) {
  ++thread_.counts().refused_requests_total;
  std::array<char, 1024> memory;
  HeadWriter out(memory.data(), memory.size());
  Answer answer;
  answer.status = status;
  answer.reason =
      status == 414 ? "the request's path is too long" : "the request's head is too large";
  answer.date = thread_.date();
  answer.without_body = fields_.is_head();
  write_answer(answer, out);
  const iovec part{out.data(), out.size()};
  stream_.write({&part, 1});  // there is room: it is the first that is written
  co_return;
}

// What was written is in the stream's own memory yet.
Task<> RequestStream::send_rest() {
  std::size_t left = end_.output_size();
  while (left > 0) {
    stream_.lower(kWritable);
    const Woke woke = co_await waiter_.sleep(thread_.loop().now() + thread_.stall_time(),
                                             {&stream_, kWritable | kBroken});
    const std::size_t now_left = end_.output_size();
    if (woke == Woke::kCancelled || (woke == Woke::kDeadline && now_left == left)) break;
    left = now_left;
  }
}

}  // namespace foretide::balancer::h2
