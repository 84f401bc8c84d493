// Finds where a message head ends that did not come in one piece, and refuses at once what no head may contain: a line that ends
// without CR (a bare LF) and a line that continues the one before it (obs-fold, RFC 9112
// section 5.2). Both are read differently by different programs, which is all that request
// smuggling needs.
//
// It can be called again with more bytes and goes on where it stopped, so a head that dribbles in
// costs no more than one that comes whole.
#pragma once

#include <cstddef>
#include <string_view>

namespace foretide::balancer {

class HeadScan {
 public:
  enum class Found { kMore, kEnd, kMalformed };

  // `bytes` begins with the head and holds at least what it held at the last call.
  Found scan(std::string_view bytes);
  // The head's size with its empty line; valid after kEnd.
  std::size_t size() const { return line_; }
  bool begun() const { return scanned_ > 0; }

 private:
  std::size_t line_ = 0;     // where the present line begins
  std::size_t scanned_ = 0;  // no LF before this
};

// Whether what ends with an empty line came in one piece, which most requests do: the head's end is
// somewhere within, and a scan for it would only say so, at a tenth of what reading the head costs.
inline bool holds_whole_head(std::string_view bytes) {
  return bytes.ends_with("\r\n\r\n");
}

// How many bytes of empty lines stand before a request line; they are skipped (RFC 9112
// section 2.2).
std::size_t empty_lines_before(std::string_view bytes);

}  // namespace foretide::balancer
