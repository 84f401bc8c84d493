// Where a worker's output goes: a file, written by the worker itself, so that neither an agent's
// restart nor a reader's pace ever holds the worker up. The agent bounds it: past 8 MiB the newest
// 8 MiB move to `<file>.1` and the file starts again from nothing (the worker appends, so it does
// not notice). Between two looks, a second apart, a worker may write more than that; it is cut at
// the next one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/io/descriptor.hpp"
#include "common/result.hpp"

namespace foretide::agent {

inline constexpr std::uint64_t kLogBytesMax = 8 * 1024 * 1024;
inline constexpr std::size_t kLastLines = 10;
inline constexpr std::size_t kLastBytes = 2048;

// Opened for appending; refuses to follow a symlink.
Result<Descriptor> open_worker_log(const std::string& path);
std::uint64_t log_size(const std::string& path);
// Moves it aside when it has grown too long; whether it did.
bool rotate_log(const std::string& path, std::uint64_t bytes_max = kLogBytesMax);
// The last lines written since the offset `from`, made safe to show: control characters and bytes
// that are no UTF-8 become '?'.
std::vector<std::string> last_lines(const std::string& path, std::uint64_t from);
std::string made_safe(std::string_view line);

}  // namespace foretide::agent
