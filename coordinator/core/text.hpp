// Sentences with numbers in them, for reasons and notices: printf's formats into a string.
#pragma once

#include <cstdint>
#include <string>

namespace foretide::coordinator {

[[gnu::format(printf, 1, 2)]] std::string text_of(const char* format, ...);

// "1 worker", "3 workers".
std::string counted(std::uint32_t count, const char* one, const char* many);
// "3 workers of 4": what a load needs, of the capacity that each has.
std::string workers_of(std::uint32_t workers, double capacity);

}  // namespace foretide::coordinator
