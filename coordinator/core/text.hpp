// Sentences with numbers in them, for reasons and notices: printf's formats into a string.
#pragma once

#include <string>

namespace foretide::coordinator {

[[gnu::format(printf, 1, 2)]] std::string text_of(const char* format, ...);

}  // namespace foretide::coordinator
