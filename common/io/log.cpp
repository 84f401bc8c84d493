#include "common/io/log.hpp"

#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "common/io/line_limit.hpp"

namespace foretide {
namespace {

class LineSink : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    std::string line = as_one_line(text);
    if (!should_log(spdlog::level::debug)) {
      const auto kept_back = limit_.let_through(line, std::chrono::steady_clock::now());
      if (!kept_back) return;
      if (*kept_back > 0) line += " (and " + std::to_string(*kept_back) + " more like it before)";
    }
    spdlog::details::log_msg mended = message;
    mended.payload = spdlog::string_view_t(line.data(), line.size());
    spdlog::memory_buf_t formatted;
    formatter_->format(mended, formatted);
    std::fwrite(formatted.data(), 1, formatted.size(), stderr);
  }
  void flush_() override { std::fflush(stderr); }

 private:
  LineLimit limit_;
};

}  // namespace

void start_log(const std::string& program) {
  const char* wanted = std::getenv("FORETIDE_LOG");
  const std::string text = wanted == nullptr ? "info" : wanted;
  auto level = spdlog::level::from_str(text);
  const bool unknown = level == spdlog::level::off && text != "off";
  if (unknown) level = spdlog::level::info;
  auto sink = std::make_shared<LineSink>();
  sink->set_level(level);
  auto logger = std::make_shared<spdlog::logger>(program, std::move(sink));
  logger->set_level(level);
  logger->flush_on(spdlog::level::trace);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %n: %v");
  spdlog::set_default_logger(std::move(logger));
  if (unknown) {
    spdlog::warn("FORETIDE_LOG is '{}': expected debug, info, warn, error or off; info holds",
                 text);
  }
}

}  // namespace foretide
