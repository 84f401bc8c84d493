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

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string load_text(double load) {
  return text_of(load > 0.0 && load < 0.1 ? "%.2g" : "%.2f", load);
}

std::string workers_of(std::uint32_t workers, double capacity) {
  return counted(workers, "worker", "workers") + text_of(" of %.3g", capacity);
}

}  // namespace foretide::coordinator
