#include "balancer/h2/stream_end.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace foretide::balancer::h2 {

StreamEnd::StreamEnd(StreamOwner& owner, std::int32_t id, Stream& stream, BufferPool& pool)
    : owner_(owner), pool_(pool), id_(id), stream_(stream), input_(pool), output_(pool) {
  stream_.raise(kWritable);
}

void StreamEnd::expect(Framing framing, ResponseReader::To to) {
  framing_ = framing;
  reader_ = ResponseReader(to);
}

void StreamEnd::take_input(std::string_view bytes) {
  input_.append(bytes.data(), bytes.size());
  stream_.raise(kReadable);
}

void StreamEnd::end_input() {
  input_ended_ = true;
  stream_.raise(kReadable);
}

void StreamEnd::closed() {
  closed_ = true;
  input_.clear();
  output_.clear();
  stream_.raise(kReadable | kWritable | kBroken);
}

void StreamEnd::head_was_sent() {
  if (!std::exchange(interim_unsent_, false)) return;
  stream_.raise(kWritable);
}

std::size_t StreamEnd::give_output(char* into, std::size_t most) {
  const std::size_t given = output_.take(into, most);
  // Half of it free is worth being told; the end of it also tells who waits for that.
  if (output_.size() <= kOutputMax / 2) stream_.raise(kWritable);
  return given;
}

IoResult StreamEnd::read(std::span<char> into) {
  if (closed_) return {IoResult::Kind::kError, 0, ECONNRESET};
  const std::size_t before = input_.size();
  const std::size_t size =
      framing_ == Framing::kChunked ? read_chunked(into) : input_.take(into.data(), into.size());
  if (before > input_.size()) owner_.input_was_read(id_, before - input_.size());
  if (size > 0) {
    if (nothing_to_read()) stream_.lower(kReadable);
    return {IoResult::Kind::kDone, size};
  }
  if (input_ended_) return {IoResult::Kind::kEnd};
  stream_.lower(kReadable);
  return {IoResult::Kind::kBlocked};
}

bool StreamEnd::nothing_to_read() const {
  return input_.empty() && frame_left_.empty() && !in_chunk_ && !input_ended_;
}

// What there is becomes a chunk, the end the last one.
std::size_t StreamEnd::read_chunked(std::span<char> into) {
  std::size_t size = 0;
  while (size < into.size()) {
    if (!frame_left_.empty()) {
      const auto piece = std::min(frame_left_.size(), into.size() - size);
      std::memcpy(into.data() + size, frame_left_.data(), piece);
      frame_left_.remove_prefix(piece);
      size += piece;
    } else if (chunk_left_ > 0) {
      const auto piece = input_.take(into.data() + size, std::min(chunk_left_, into.size() - size));
      chunk_left_ -= piece;
      size += piece;
    } else if (in_chunk_) {
      in_chunk_ = false;
      frame_left_ = ChunkFrame::kBehind;
    } else if (!input_.empty()) {
      in_chunk_ = true;
      chunk_left_ = input_.size();
      const ChunkFrame frame(chunk_left_);
      std::memcpy(frame_.data(), frame.before().data(), frame.before().size());
      frame_left_ = {frame_.data(), frame.before().size()};
    } else if (input_ended_ && !last_chunk_given_) {
      last_chunk_given_ = true;
      frame_left_ = ChunkFrame::kLast;
    } else {
      break;
    }
  }
  return size;
}

IoResult StreamEnd::write(std::span<const iovec> parts) {
  if (closed_) return {IoResult::Kind::kError, 0, EPIPE};
  std::size_t total = 0;
  for (const auto& part : parts) {
    std::span<char> rest{static_cast<char*>(part.iov_base), part.iov_len};
    while (!rest.empty()) {
      const std::size_t used = write_one(rest);
      if (used == 0) break;
      total += used;
      rest = rest.subspan(used);
    }
    if (!rest.empty()) break;
  }
  if (total > 0) {
    owner_.output_grew(id_);
    return {IoResult::Kind::kDone, total};
  }
  stream_.lower(kWritable);
  return {IoResult::Kind::kBlocked};
}

std::size_t StreamEnd::output_max() const {
  return pool_.is_short() ? kBlockSize : kOutputMax;
}

// Takes a head, or as much of a body as there is room for.
std::size_t StreamEnd::write_one(std::span<char> bytes) {
  if (reader_.ended()) return bytes.size();
  if (interim_unsent_) return 0;
  const std::size_t room = output_max() - std::min(output_max(), output_.size());
  const bool in_head = !reader_.in_body();
  if (!in_head) bytes = bytes.first(std::min(bytes.size(), room));
  if (bytes.empty()) return 0;
  const auto piece = reader_.take(bytes);
  if (piece.head != nullptr) {
    interim_unsent_ = piece.head->interim();
    owner_.send_head(id_, *piece.head);
  }
  output_.append(bytes.data(), piece.content);
  return piece.used;
}

}  // namespace foretide::balancer::h2
