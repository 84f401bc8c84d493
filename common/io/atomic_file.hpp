// Files that are whole or not there: written beside their place under a name of their own, flushed
// to the disk, and renamed over it. After a power cut one finds the old content or the new, never
// half of one.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "common/result.hpp"

namespace foretide {

// `mode` is set before anything is written, whatever the umask. Missing directories are not made.
Outcome write_file(const std::string& path, std::string_view bytes, mode_t mode = 0644);

// At most `bytes_max` bytes; a larger file is an Error, as is one that is not there.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max = 1024 * 1024);

}  // namespace foretide
