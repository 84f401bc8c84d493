#include "agent/io/worker_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "agent/proc/text.hpp"

namespace foretide::agent {
namespace {

constexpr std::size_t kLineMax = 400;

// How many bytes of `text` are one well-formed UTF-8 character; 0: none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf5   ? 0
                             : first >= 0xf0 ? 4
                             : first >= 0xe0 ? 3
                             : first >= 0xc2 ? 2
                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF.
  const unsigned char second = byte(1);
  const bool is_bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return is_bad ? 0 : length;
}

}  // namespace

Result<Descriptor> open_worker_log(const std::string& path) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                       S_IRUSR | S_IWUSR));
  if (!file) return Error{"cannot open the worker's log " + path + ": " + std::strerror(errno)};
  return file;
}

std::uint64_t log_size(const std::string& path) {
  struct stat file {};
  return lstat(path.c_str(), &file) == 0 ? static_cast<std::uint64_t>(file.st_size) : 0;
}

bool rotate_log(const std::string& path, std::uint64_t bytes_max) {
  const std::uint64_t size = log_size(path);
  if (size <= bytes_max) return false;
  const Descriptor from(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  const std::string aside = path + ".1";
  const Descriptor to(open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                           S_IRUSR | S_IWUSR));
  if (!from) return false;
  if (to) {
    auto at = static_cast<off_t>(size - bytes_max);
    std::uint64_t left = bytes_max;
    while (left > 0) {
      const ssize_t moved = copy_file_range(from.get(), &at, to.get(), nullptr, left, 0);
      if (moved <= 0) break;  // what cannot be kept is let go: the bound matters more
      left -= static_cast<std::uint64_t>(moved);
    }
  }
  return ftruncate(from.get(), 0) == 0;
}

std::string made_safe(std::string_view line) {
  std::string safe;
  while (!line.empty() && safe.size() < kLineMax) {
    const std::size_t length = character_length(line);
    if (length > 0) {
      safe.append(line.substr(0, length));
    } else {
      safe.push_back(line.front() == '\t' ? ' ' : '?');
    }
    line.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return safe;
}

std::vector<std::string> last_lines(const std::string& path, std::uint64_t from) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return {};
  const std::uint64_t size = log_size(path);
  if (from > size) from = 0;  // it was moved aside meanwhile
  const std::uint64_t start = std::max(from, size > kLastBytes ? size - kLastBytes : 0);
  std::array<char, kLastBytes> bytes{};
  const ssize_t got = pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(start));
  std::string_view text(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  std::vector<std::string> lines;
  if (start > from) take_line(text);  // begins in the middle of a line
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(made_safe(line));
  }
  if (lines.size() > kLastLines) lines.erase(lines.begin(), lines.end() - kLastLines);
  return lines;
}

}  // namespace foretide::agent
