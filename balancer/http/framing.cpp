#include "balancer/http/framing.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "common/ascii.hpp"

namespace foretide::balancer {
namespace {

constexpr std::uint16_t kExtensionMax = 1024;
constexpr std::uint16_t kTrailersMax = 8192;

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace

BodyReader::BodyReader(Framing framing, std::uint64_t length) {
  switch (framing) {
    case Framing::kNone:
      break;
    case Framing::kLength:
      remaining_ = length;
      state_ = length == 0 ? State::kDone : State::kLength;
      break;
    case Framing::kUntilClose:
      state_ = State::kUntilClose;
      break;
    case Framing::kChunked:
      state_ = State::kSizeFirst;
      break;
  }
}

BodyReader::Piece BodyReader::take(char* bytes, std::size_t size) {
  if (state_ == State::kLength) {
    const auto content = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, size));
    remaining_ -= content;
    if (remaining_ == 0) state_ = State::kDone;
    return {content, content};
  }
  if (state_ == State::kUntilClose) return {size, size};

  Piece piece;
  while (piece.used < size && state_ != State::kDone && state_ != State::kMalformed) {
    if (state_ != State::kData) {
      take_control(bytes[piece.used++]);
      continue;
    }
    const auto run =
        static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, size - piece.used));
    if (piece.content != piece.used) {
      std::memmove(bytes + piece.content, bytes + piece.used, run);
    }
    piece.content += run;
    piece.used += run;
    remaining_ -= run;
    if (remaining_ == 0) state_ = State::kDataCr;
  }
  return piece;
}

void BodyReader::end_of_input() {
  if (state_ == State::kUntilClose) state_ = State::kDone;
  if (state_ != State::kDone) state_ = State::kMalformed;
}

void BodyReader::take_size_digit(char c) {
  const int value = hex_value(c);
  if (value < 0 || ++digits_ > 16 || remaining_ >> 58 != 0) {
    state_ = State::kMalformed;
    return;
  }
  remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(value);
  state_ = State::kSize;
}

// One byte of chunk framing.
void BodyReader::take_control(char c) {
  switch (state_) {
    case State::kSizeFirst:
      digits_ = 0;
      overhead_ = 0;
      remaining_ = 0;
      return take_size_digit(c);
    case State::kSize:
      if (c == '\r') {
        state_ = State::kSizeLf;
      } else if (c == ';') {
        state_ = State::kExtensionFirst;
      } else if (is_space(c)) {
        state_ = State::kSizeSpace;
      } else {
        take_size_digit(c);
      }
      return;
    case State::kSizeSpace:
    case State::kExtensionFirst:
    case State::kExtension:
      return take_extension(c);
    case State::kSizeLf:
      overhead_ = 0;
      return expect(c, '\n', remaining_ == 0 ? State::kTrailerFirst : State::kData);
    case State::kDataCr:
      return expect(c, '\r', State::kDataLf);
    case State::kDataLf:
      return expect(c, '\n', State::kSizeFirst);
    case State::kTrailerFirst:
    case State::kTrailerName:
    case State::kTrailerValue:
      return take_trailer(c);
    case State::kTrailerLf:
      return expect(c, '\n', State::kTrailerFirst);
    case State::kLastLf:
      return expect(c, '\n', State::kDone);
    case State::kDone:
    case State::kMalformed:
    case State::kLength:
    case State::kUntilClose:
    case State::kData:
      state_ = State::kMalformed;
      return;
  }
}

// Behind a size.
void BodyReader::take_extension(char c) {
  if (state_ == State::kExtension) {
    if (c == '\r') {
      state_ = State::kSizeLf;
      return;
    }
    if (is_control(c)) state_ = State::kMalformed;
  } else if (state_ == State::kExtensionFirst && is_token_char(c)) {
    state_ = State::kExtension;
  } else if (state_ == State::kSizeSpace && c == ';') {
    state_ = State::kExtensionFirst;
  } else if (!is_space(c)) {
    state_ = State::kMalformed;
  }
  count_overhead(kExtensionMax);
}

void BodyReader::take_trailer(char c) {
  if (state_ == State::kTrailerFirst) {
    if (c == '\r') {
      state_ = State::kLastLf;
      return;
    }
    state_ = is_token_char(c) ? State::kTrailerName : State::kMalformed;
  } else if (state_ == State::kTrailerName) {
    if (c == ':') {
      state_ = State::kTrailerValue;
    } else if (!is_token_char(c)) {
      state_ = State::kMalformed;
    }
  } else if (c == '\r') {
    state_ = State::kTrailerLf;
  } else if (is_control(c)) {
    state_ = State::kMalformed;
  }
  count_overhead(kTrailersMax);
}

void BodyReader::count_overhead(std::uint16_t max) {
  if (++overhead_ > max) state_ = State::kMalformed;
}

ChunkFrame::ChunkFrame(std::size_t content) {
  const auto [end, error] =
      std::to_chars(text_.data(), text_.data() + text_.size() - 2, content, 16);
  size_ = static_cast<std::size_t>(end - text_.data());
  text_[size_++] = '\r';
  text_[size_++] = '\n';
}

}  // namespace foretide::balancer
