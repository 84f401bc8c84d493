// Sentences with numbers in them, for reasons and notices: printf's formats into a string.
#pragma once

#include <cstdint>
#include <string>

namespace foretide::coordinator {

[[gnu::format(printf, 1, 2)]] std::string text_of(const char* format, ...);

// "1 worker", "3 workers".
std::string counted(std::uint64_t count, const char* one, const char* many);
// "12.35", and where that would be 0.00 the first digits that are not: "0.0021".
std::string load_text(double load);
// "3 workers of 4": what a load needs, of the capacity that each has.
std::string workers_of(std::uint32_t workers, double capacity);

}  // namespace foretide::coordinator
