// The coroutine type of the request path: a function that may wait.
//
// A Task starts when it is awaited and gives its value to whoever awaits it; a `spawn`ed one runs
// by itself, belongs to nobody, and ends in one place that logs what escaped it. Frames come from a
// free list of the thread, sorted by size, so that calling a Task costs about as much as calling a
// function that the compiler could not inline. All frames of a coroutine live and die on one
// thread.
//
// Why not Boost.Asio's awaitable: it allocates a frame for every operation, which is about half of
// what a proxied request may cost above the kernel's own work (measured: 1.7 of 3 µs).
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "common/check.hpp"

namespace foretide::balancer {

// Memory for coroutine frames.
void* take_frame(std::size_t size);
void give_frame(void* frame, std::size_t size);
// Where an exception that nobody caught ends: logged, and the coroutine is over.
void report_escaped(std::exception_ptr error, const char* what);

namespace detail {

struct PromiseBase {
  static void* operator new(std::size_t size) { return take_frame(size); }
  static void operator delete(void* frame, std::size_t size) { give_frame(frame, size); }

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return self.promise().continuation;
    }
    void await_resume() noexcept {}
  };

  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() { error = std::current_exception(); }

  std::coroutine_handle<> continuation;
  std::exception_ptr error;
};

template <class T>
struct Promise : PromiseBase {
  auto get_return_object() { return std::coroutine_handle<Promise>::from_promise(*this); }
  void return_value(T result) { value.emplace(std::move(result)); }
  T take() { return std::move(*value); }
  std::optional<T> value;
};

template <>
struct Promise<void> : PromiseBase {
  auto get_return_object() { return std::coroutine_handle<Promise>::from_promise(*this); }
  void return_void() {}
  void take() {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() {
    if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
    return handle_.promise().take();
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {

struct Spawned {
  struct promise_type {
    static void* operator new(std::size_t size) { return take_frame(size); }
    static void operator delete(void* frame, std::size_t size) { give_frame(frame, size); }
    Spawned get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

inline Spawned run_spawned(Task<void> task, const char* what) {
  std::exception_ptr error;
  try {
    co_await task;
  } catch (...) {
    error = std::current_exception();
  }
  if (error) report_escaped(error, what);
}

}  // namespace detail

// Runs it until its first wait; it goes on by itself. `what` names it in the log.
inline void spawn(Task<void> task, const char* what) {
  detail::run_spawned(std::move(task), what);
}

}  // namespace foretide::balancer
