// A message head taken apart by the letter of RFC 9112: start line and field lines, and nothing
// else. One pass over the bytes; whatever the grammar does not have is malformed and nothing is
// guessed: no space before a colon, no control character in a value, no line that ends otherwise
// than by CR LF.
//
// HeadScan has found the head's end before, so bare line feeds and folded lines never come here.
// All views point into the bytes given.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

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
  // The lines behind the start line, the empty line included.
  explicit FieldLines(std::string_view lines) : at_(lines.data()), end_(at_ + lines.size()) {}

  struct Field {
    std::string_view name, value;  // the value without the white space around it
    bool has_underscore = false;   // in its name
  };
  // False at the end, or where what follows is no field: `malformed` tells which.
  bool next(Field& field);
  bool malformed() const { return malformed_; }

 private:
  const char* at_;
  const char* end_;
  bool malformed_ = false;
};

}  // namespace foretide::balancer
