// Writes a message head into a fixed piece of memory, by appending. What does not fit is not
// written and remembered as overflow, so that a writer checks once, at the end. It owns nothing and
// never allocates.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace foretide::balancer {

class HeadWriter {
 public:
  HeadWriter(char* begin, std::size_t capacity)
      : begin_(begin), at_(begin), end_(begin + capacity) {}

  void put(std::string_view text) { put_all(text); }
  // One behind the other: all of them, or nothing.
  template <class... Texts>
  void put(const Texts&... texts) {
    put_all(std::string_view(texts)...);
  }
  void put_number(std::uint64_t number) {
    const auto [end, error] = std::to_chars(at_, end_, number);
    if (error != std::errc{}) {
      overflow_ = true;
      return;
    }
    at_ = end;
  }
  void put_field(std::string_view name, std::string_view value) { put(name, ": ", value, "\r\n"); }
  // Puts `text` in place of what stands at `at`.
  void replace(std::size_t at, std::size_t size, std::string_view text) {
    if (text.size() > size + static_cast<std::size_t>(end_ - at_)) {
      overflow_ = true;
      return;
    }
    char* const rest = begin_ + at + size;
    std::memmove(begin_ + at + text.size(), rest, static_cast<std::size_t>(at_ - rest));
    std::memcpy(begin_ + at, text.data(), text.size());
    at_ += static_cast<std::ptrdiff_t>(text.size()) - static_cast<std::ptrdiff_t>(size);
  }
  // Back to a former size, after what stood behind it was moved or is no longer wanted.
  void truncate(std::size_t size) { at_ = begin_ + size; }

  char* data() const { return begin_; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  std::string_view text() const { return {begin_, size()}; }
  std::size_t room() const { return static_cast<std::size_t>(end_ - at_); }
  bool overflow() const { return overflow_; }

 private:
  // Inline, so that of a literal the size is known where it is copied.
  template <class... Views>
  [[gnu::always_inline]] void put_all(Views... views) {
    if ((views.size() + ...) > room()) {
      overflow_ = true;
      return;
    }
    char* at = at_;
    const auto append = [&at](std::string_view view) {
      std::memcpy(at, view.data(), view.size());
      at += view.size();
    };
    (append(views), ...);
    at_ = at;
  }

  char* begin_;
  char* at_;
  char* end_;
  bool overflow_ = false;
};

}  // namespace foretide::balancer
