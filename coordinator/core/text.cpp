#include "coordinator/core/text.hpp"

#include <cstdarg>
#include <cstdio>

namespace foretide::coordinator {

std::string text_of(const char* format, ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

}  // namespace foretide::coordinator
