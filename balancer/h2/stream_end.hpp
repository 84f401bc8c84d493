// One stream of an HTTP/2 connection as the request path sees it: a Stream's layer that gives the
// request's body as HTTP/1.1 would have it and takes an HTTP/1.1 response apart into HTTP/2's
// pieces.
//
// Both ways are bounded. Of the request no more comes than the stream's window lets in (64 KiB),
// and the window opens again only by what was read here. Of the response no more is taken than
// kOutputMax ahead of what the client's windows have let out, and of interim heads, which no window
// holds back, one at a time. So a slow client slows its worker down, and neither slows another
// stream. Where memory is short (listen.memory_max) one block of the response is kept.
//
// The connection calls the upper half of the functions, the Stream the lower. Everything on the
// loop's thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "balancer/h2/response_reader.hpp"
#include "balancer/io/byte_queue.hpp"
#include "balancer/io/stream.hpp"

namespace foretide::balancer::h2 {

// What the stream's end wants of its connection.
class StreamOwner {
 public:
  virtual void send_head(std::int32_t stream, const ResponseFields& head) = 0;
  virtual void output_grew(std::int32_t stream) = 0;
  virtual void input_was_read(std::int32_t stream, std::size_t size) = 0;

 protected:
  ~StreamOwner() = default;
};

class StreamEnd final : public StreamLayer {
 public:
  static constexpr std::size_t kOutputMax = std::size_t{64} * 1024;

  StreamEnd(StreamOwner& owner, std::int32_t id, Stream& stream, BufferPool& pool);

  // ---- for the connection ----

  // How the request's body is to be given: chunked, or as it is.
  void expect(Framing framing, ResponseReader::To to);
  void take_input(std::string_view bytes);
  void end_input();
  // The stream is closed: nothing is read or written any more.
  void closed();
  // A head of the response has gone out: another may follow.
  void head_was_sent();
  // Up to `most` bytes of the response's body.
  std::size_t give_output(char* into, std::size_t most);
  std::size_t output_size() const { return output_.size(); }
  // Whether the whole response was written by the request path; sent is another matter.
  bool response_is_whole() const { return reader_.ended(); }
  bool input_is_whole() const { return input_ended_; }

  // ---- for the Stream ----

  IoResult establish() override { return {}; }
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> parts) override;
  bool has_input() override { return !input_.empty(); }
  void end_writing() override {}
  void close(Close) override {}
  std::uint8_t on_socket(std::uint8_t events) override { return events; }

 private:
  std::size_t read_chunked(std::span<char> into);
  std::size_t write_one(std::span<char> bytes);
  bool nothing_to_read() const;

  std::size_t output_max() const;

  StreamOwner& owner_;
  const BufferPool& pool_;
  std::int32_t id_;
  Stream& stream_;
  ByteQueue input_, output_;
  Framing framing_ = Framing::kNone;
  ResponseReader reader_;
  std::array<char, 24> frame_{};
  std::string_view frame_left_;  // of what stands around a chunk
  std::size_t chunk_left_ = 0;
  bool interim_unsent_ = false;
  bool in_chunk_ = false;
  bool input_ended_ = false;
  bool last_chunk_given_ = false;
  bool closed_ = false;
};

}  // namespace foretide::balancer::h2
