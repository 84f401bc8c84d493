// Values as bytes, said only as far as they are not what they were before.
//
// Think of a meter reader's book: most of a page is "as last time". Before each eight values stands
// a byte that says which of them changed; only those follow. Whole numbers are written as the
// difference, seven bits a byte; fractions as they are, bit for bit; texts without the beginning
// and the end that they share with the text before. Writer and reader are called with the same
// values in the same order, so that one function describes a structure for both.
//
// A reader trusts nothing: what ends early, is too long, or is no number makes it `failed`, and
// from then on every value is as it was before. "As last time" costs a bit and may stand for a long
// text, so both sides also count what the values take when they are unfolded (`unfolded`), and a
// reader fails beyond what it was allowed.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "common/time.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kDeltaTextMax = 1 << 16;

template <class T>
inline constexpr bool kIsTime = false;
template <class Clock, class Length>
inline constexpr bool kIsTime<std::chrono::time_point<Clock, Length>> = true;

template <class T>
bool is_same(const T& one, const T& other) {
  return one == other;
}
// Bit for bit: a reason may well show the sign of a zero.
inline bool is_same(double one, double other) {
  return std::bit_cast<std::uint64_t>(one) == std::bit_cast<std::uint64_t>(other);
}
inline bool is_same(const std::optional<double>& one, const std::optional<double>& other) {
  return one.has_value() == other.has_value() && (!one || is_same(*one, *other));
}

// What a value takes in memory.
template <class T>
std::size_t room_of(const T&) {
  return sizeof(T);
}
inline std::size_t room_of(const std::string& text) {
  return sizeof text + text.size();
}
inline std::size_t room_of(const std::optional<std::string>& text) {
  return sizeof text + (text ? text->size() : 0);
}

class DeltaWriter {
 public:
  static constexpr bool kReads = false;
  static constexpr bool failed() { return false; }

  template <class T>
  void operator()(const T& now, const T& before) {
    const bool changed = !is_same(now, before);
    spend(room_of(now));
    flag(changed);
    if (changed) write(now, before);
  }
  // One of few, the last of which is `most`.
  template <class Enum>
  void one_of(const Enum& now, const Enum& before, Enum) {
    (*this)(static_cast<std::uint64_t>(now), static_cast<std::uint64_t>(before));
  }
  void raw(double value);
  void raw(float value);
  // What is unfolded besides the values themselves: the elements of a list, say.
  void spend(std::size_t bytes) { unfolded_ += bytes; }
  std::size_t unfolded() const { return unfolded_; }
  std::string take() { return std::exchange(bytes_, {}); }

 private:
  void flag(bool value);
  void whole(std::uint64_t difference);
  void write(const std::string& now, const std::string& before);
  void write(double now, double) { raw(now); }
  template <class T>
  void write(const std::optional<T>& now, const std::optional<T>& before) {
    bytes_.push_back(now ? '\1' : '\0');
    if (now) write(*now, before.value_or(T{}));
  }
  template <class T>
  void write(const T& now, const T& before) {
    if constexpr (kIsTime<T>) {
      write(now.time_since_epoch(), before.time_since_epoch());
    } else if constexpr (std::is_integral_v<T>) {
      whole(static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(before));
    } else {
      write(now.count(), before.count());
    }
  }

  std::string bytes_;
  std::size_t unfolded_ = 0;
  std::size_t flags_at_ = 0;
  int flags_ = 8;  // said in the byte there
};

class DeltaReader {
 public:
  static constexpr bool kReads = true;

  DeltaReader(std::string_view bytes, std::size_t unfolded_max)
      : left_(bytes), room_left_(unfolded_max) {}
  bool failed() const { return failed_; }
  bool at_end() const { return left_.empty(); }
  // What follows was written by another writer.
  void align() { flags_left_ = 0; }
  void fail() { failed_ = true, left_ = {}; }
  void spend(std::size_t bytes) {
    if (bytes > room_left_) {
      is_too_large_ = true;
      return fail();
    }
    room_left_ -= bytes;
  }
  // It failed because of that.
  bool is_too_large() const { return is_too_large_; }

  template <class T>
  void operator()(T& now, const T& before) {
    if (flag()) {
      read(now, before);
      if (!failed_) spend(room_of(now));
      if (!failed_) return;
    } else {
      spend(room_of(before));
    }
    now = before;
  }
  template <class Enum>
  void one_of(Enum& now, const Enum& before, Enum most) {
    std::uint64_t number = 0;
    (*this)(number, static_cast<std::uint64_t>(before));
    if (number > static_cast<std::uint64_t>(most)) fail();
    now = failed_ ? before : static_cast<Enum>(number);
  }
  void raw(double& value);
  void raw(float& value);

 private:
  std::uint8_t byte();
  bool flag();
  std::uint64_t whole();
  void read(std::string& now, const std::string& before);
  void read(double& now, double) { raw(now); }
  template <class T>
  void read(std::optional<T>& now, const std::optional<T>& before) {
    now.reset();
    if (byte() == 0) return;
    T value{};
    read(value, before.value_or(T{}));
    now = std::move(value);
  }
  template <class T>
  void read(T& now, const T& before) {
    if constexpr (kIsTime<T>) {
      typename T::duration since{};
      read(since, before.time_since_epoch());
      now = T(since);
    } else if constexpr (std::is_integral_v<T>) {
      const std::uint64_t value = static_cast<std::uint64_t>(before) + whole();
      now = static_cast<T>(value);
      if (static_cast<std::uint64_t>(now) != value) fail();  // does not fit
    } else {
      typename T::rep count{};
      read(count, before.count());
      now = T(count);
    }
  }

  std::string_view left_;
  std::size_t room_left_;
  std::uint8_t flags_ = 0;
  int flags_left_ = 0;
  bool failed_ = false, is_too_large_ = false;
};

}  // namespace foretide::coordinator
