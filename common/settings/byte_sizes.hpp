// Sizes as people write them in settings: 512MiB, 1.5GiB (powers of 1024), 2GB (powers of 1000),
// 100B. A number without a unit is refused, and so are bare letters as in 512M, which mean either.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foretide::settings {

// Nothing for what is no size, negative, or beyond a pebibyte. Parts of a byte are rounded.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

// In the largest unit that divides it: 2147483648 B is "2GiB", 2000000000 B "2GB", 0 "0B".
std::string byte_size_text(std::uint64_t bytes);

}  // namespace foretide::settings
