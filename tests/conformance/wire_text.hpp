// How bytes on the wire are written in the file of cases, and shown when one fails.
//
// Text stands for itself; \r \n \t \0 \\ and \xHH name a byte; \(TEXT*N) is TEXT, which may hold
// escapes but no second \(, N times: \(X-A: b\r\n*120) is 120 fields. Everything else behind a
// backslash is an error, so that a slip in the file is seen.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace foretide::conformance {

Result<std::string> bytes_of(std::string_view text);

// On one line, with escapes, cut behind `most` bytes.
std::string shown(std::string_view bytes, std::size_t most = 300);

}  // namespace foretide::conformance
