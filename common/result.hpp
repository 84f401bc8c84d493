// The outcome of something that the outside world may refuse: a value, or an Error that is already
// a sentence for people (what, where, what to do). Used where a failure is expected and has one
// reader; exceptions are left to third-party code and are caught in the file that wraps it.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "common/check.hpp"

namespace foretide {

struct Error {
  std::string text;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : outcome_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : outcome_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return outcome_.index() == 0; }
  T& value() {
    CHECK(*this, "a value is read only after success was checked");
    return std::get<0>(outcome_);
  }
  const T& value() const {
    CHECK(*this, "a value is read only after success was checked");
    return std::get<0>(outcome_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const std::string& error() const { return std::get<1>(outcome_).text; }

 private:
  std::variant<T, Error> outcome_;
};

// Success carries nothing.
struct Done {};
using Outcome = Result<Done>;

}  // namespace foretide
