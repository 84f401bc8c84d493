// A message head taken apart by the letter of RFC 9112: start line and field lines, and nothing
// else. One pass over the bytes; whatever the grammar does not have is malformed and nothing is
// guessed: no space before a colon, no control character in a value, no line that ends otherwise
// than by CR LF.
//
// Bytes behind the head do no harm: the empty line ends it. All views point into the bytes given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "balancer/http/head_writer.hpp"

namespace foretide::balancer {

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text);

struct RequestLine {
  std::string_view method, target, version;
};
// Method and target are separated as the grammar says; target and version are not judged.
std::optional<RequestLine> request_line_in(std::string_view line);

struct StatusLine {
  int status = 0;
  bool http_10 = false;
  std::string_view reason;
};
std::optional<StatusLine> status_line_in(std::string_view line);

class FieldLines {
 public:
  enum class Stopped : std::uint8_t {
    kAtEnd,      // behind the empty line
    kInMidst,    // of a line that goes on in bytes still to come
    kMalformed,  // at what is no field
  };

  // From behind the start line on.
  explicit FieldLines(std::string_view bytes)
      : begin_(bytes.data()), at_(begin_), end_(at_ + bytes.size()) {}

  struct Field {
    std::string_view name, value;  // the value without the white space around it
    std::string_view line;         // as a whole if it is written as we would; else nothing
    bool has_underscore = false;   // in its name
  };
  // False where there is no more: `stopped` tells why.
  bool next(Field& field);
  Stopped stopped() const { return stopped_; }
  // How many bytes were read, the empty line included.
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  bool stop_at_no_name(const char* at);
  bool stop(Stopped why);

  const char* begin_;
  const char* at_;
  const char* end_;
  Stopped stopped_ = Stopped::kInMidst;
};

// Writes it as it came, in one piece where that is possible.
inline void pass_on(const FieldLines::Field& field, HeadWriter& out) {
  if (field.line.empty()) return out.put_field(field.name, field.value);
  out.put(field.line);
}

}  // namespace foretide::balancer
