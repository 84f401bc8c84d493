#include "tests/bench/load/client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace foretide::bench {
namespace {

const std::string kBodyBlock(64 * 1024, 'x');
std::array<char, 64 * 1024> read_block;  // what is read is only counted

}  // namespace

void Client::begin(Clock::time_point due) {
  due_ = due;
  head_sent_ = 0;
  body_left_ = shape_.body_bytes;
  head_.clear();
  in_body_ = closes_ = false;
  state_ = State::kSending;
  if (!socket_.is_open()) open();
  if (!is_over()) advance();
}

void Client::open() {
  state_ = State::kOpening;
  if (!socket_.open(target_)) return fail(std::string("cannot connect: ") + std::strerror(errno));
  opened_ = socket_.fd();
}

void Client::advance() {
  if (state_ == State::kOpening) {
    const Progress progress = socket_.establish();
    if (progress == Progress::kBlocked) return;
    if (progress != Progress::kDone) {
      return fail(std::string("no connection: ") + std::strerror(errno));
    }
    state_ = State::kSending;
  }
  if (state_ == State::kSending && send()) state_ = State::kReading;
  // An answer may come before the body is sent.
  if (state_ == State::kReading || state_ == State::kSending) read();
}

// True once all is sent.
bool Client::send() {
  while (head_sent_ < shape_.head.size() || body_left_ > 0) {
    const bool in_head = head_sent_ < shape_.head.size();
    std::string together;
    std::string_view from;
    if (in_head && body_left_ > 0 && body_left_ <= kBodyBlock.size()) {
      // A small body goes out with its head, as clients do it.
      together = shape_.head.substr(head_sent_) + kBodyBlock.substr(0, body_left_);
      from = together;
    } else if (in_head) {
      from = std::string_view(shape_.head).substr(head_sent_);
    } else {
      from = std::string_view(kBodyBlock).substr(0, std::min(body_left_, kBodyBlock.size()));
    }
    const Moved moved = socket_.write(from);
    if (moved.progress == Progress::kBlocked) return false;
    if (moved.progress != Progress::kDone) {
      fail("the connection broke while the request was sent");
      return false;
    }
    const auto of_head = std::min(moved.size, shape_.head.size() - head_sent_);
    head_sent_ += of_head;
    body_left_ -= moved.size - of_head;
  }
  return true;
}

void Client::read() {
  while (!is_over()) {
    const Moved moved = socket_.read(read_block);
    if (moved.progress == Progress::kBlocked) return;
    if (moved.progress != Progress::kDone) {
      return fail(head_.empty() ? "the connection ended without an answer"
                                : "the connection ended in the midst of an answer");
    }
    take({read_block.data(), moved.size});
  }
}

void Client::take(std::string_view bytes) {
  if (!in_body_) {
    const auto had = head_.size();
    head_.append(bytes);
    const auto end = head_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    bytes.remove_prefix(end + 4 - had);
    head_.resize(end + 4);
    take_head();
    if (is_over()) return;
  }
  if (bytes.size() > answer_left_) return fail("more bytes than the answer has");
  answer_left_ -= bytes.size();
  if (answer_left_ == 0) state_ = State::kSucceeded;
}

void Client::take_head() {
  in_body_ = true;
  if (!head_.starts_with("HTTP/1.1 200")) return fail(head_.substr(0, head_.find('\r')));
  for (char& c : head_) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  constexpr std::string_view kLength = "\r\ncontent-length:";
  const auto length = head_.find(kLength);
  if (length == std::string::npos) return fail("an answer without Content-Length");
  answer_left_ = std::strtoull(head_.c_str() + length + kLength.size(), nullptr, 10);
  closes_ = head_.find("\r\nconnection: close") != std::string::npos;
}

void Client::rest() {
  if (state_ == State::kFailed || closes_ || shape_.new_connection) socket_.close();
  state_ = State::kResting;
}

bool Client::lost_at_rest() {
  if (!socket_.is_open()) return true;
  const Moved moved = socket_.read(read_block);
  return moved.progress != Progress::kBlocked;
}

void Client::fail(std::string why) {
  state_ = State::kFailed;
  why_ = std::move(why);
}

std::optional<int> Client::opened() {
  return std::exchange(opened_, std::nullopt);
}

}  // namespace foretide::bench
