// Where a body ends, and how it is passed on.
//
// A BodyReader takes the bytes of a body as they come and tells which of them are content; bytes
// behind the body's end are left alone. Chunked framing is taken off in place (content moves
// towards the front of the same buffer), so that a body is sent on in chunks of our own, whose
// sizes are what happened to be there; extensions and trailers are read, bounded, and dropped.
// Chunk syntax is strict: hexadecimal size of at most 16 digits, CRLF and nothing less.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "balancer/http/field_rules.hpp"

namespace foretide::balancer {

class BodyReader {
 public:
  BodyReader() = default;
  BodyReader(Framing framing, std::uint64_t length);

  struct Piece {
    std::size_t content = 0;  // bytes of content, at the front of the buffer that was given
    std::size_t used = 0;     // bytes taken of it; more than `content` where framing was taken off
  };
  // Never takes more than belongs to the body. A malformed body takes nothing further.
  Piece take(char* bytes, std::size_t size);
  // The sender closed. Complete only where that is how the body ends.
  void end_of_input();

  bool done() const { return state_ == State::kDone; }
  bool malformed() const { return state_ == State::kMalformed; }

 private:
  enum class State : std::uint8_t {
    kDone,
    kMalformed,
    kLength,
    kUntilClose,
    kSizeFirst,
    kSize,
    kSizeSpace,
    kExtensionFirst,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerFirst,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kLastLf,
  };
  void take_control(char c);
  void take_size_digit(char c);
  void take_extension(char c);
  void take_trailer(char c);
  void count_overhead(std::uint16_t max);
  void expect(char c, char wanted, State next) { state_ = c == wanted ? next : State::kMalformed; }

  State state_ = State::kDone;
  std::uint8_t digits_ = 0;
  std::uint16_t overhead_ = 0;  // bytes of extensions since the last size, or of all trailers
  std::uint64_t remaining_ = 0;
};

// The framing around one piece of content in a chunked body: what stands before and behind it.
// The terminating chunk follows the last piece.
struct ChunkFrame {
  explicit ChunkFrame(std::size_t content);
  std::string_view before() const { return {text_.data(), size_}; }
  static constexpr std::string_view kBehind = "\r\n";
  static constexpr std::string_view kBehindLast = "\r\n0\r\n\r\n";
  static constexpr std::string_view kLast = "0\r\n\r\n";  // after an empty last piece

 private:
  std::array<char, 18> text_;
  std::size_t size_ = 0;
};

}  // namespace foretide::balancer
