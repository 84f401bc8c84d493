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

std::string counted(std::uint32_t count, const char* one, const char* many) {
  return text_of("%u %s", count, count == 1 ? one : many);
}

std::string workers_of(std::uint32_t workers, double capacity) {
  return counted(workers, "worker", "workers") + text_of(" of %.3g", capacity);
}

}  // namespace foretide::coordinator
