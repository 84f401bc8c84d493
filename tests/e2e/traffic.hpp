// HTTP traffic for the end-to-end tests: clients in threads of their own, each with one keep-alive
// connection or one for each request, each sending its next request when the last one is answered.
// How many of them are at work can be changed while it runs, which is how demand rises and falls.
// Every request is accounted for: a connection refused or cut, an answer that is not whole, and any
// status but 200 are failures, and the first few are kept in words.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/address.hpp"

namespace foretide::e2e {

struct Answer {
  int status = 0;  // 0: none came, `body` says why
  std::string body;
  std::map<std::string, std::string> headers;  // names in lower case
  std::chrono::nanoseconds took{};
};

// One request on a connection of its own.
Answer ask(const Address& address, const std::string& path,
           std::chrono::milliseconds timeout = std::chrono::seconds(30));

// The pid in an answer of the example worker, 0 when there is none.
long worker_pid(const std::string& body);

struct Tally {
  std::uint64_t answered = 0, failed = 0;
  std::vector<std::string> failures;        // the first ten, in words
  std::map<long, std::uint64_t> by_worker;  // answers, by the answering worker's pid
};

struct Habits {
  enum class Connections : std::uint8_t { kKept, kNewForEach };
  Connections connections = Connections::kKept;
  std::function<void()> after_failure;  // on the client's thread, before its next request
};

class Traffic {
 public:
  // `most` clients at most; none is at work until `clients` says so. They are in the network
  // namespace of the thread that makes them.
  Traffic(Address address, std::string path, std::uint32_t most, Habits habits = {});
  ~Traffic();

  void clients(std::uint32_t count) { active_ = count; }
  std::uint64_t answered() const { return answered_; }
  // Every client finishes the request that it has; then the whole account.
  Tally stop();
  Tally so_far() const;

 private:
  void run(std::uint32_t number);
  void record(const Answer& answer);

  Address address_;
  std::string path_;
  Habits habits_;
  std::atomic<std::uint32_t> active_{0};
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> answered_{0};
  mutable std::mutex mutex_;
  Tally tally_;
  std::vector<std::thread> threads_;
};

}  // namespace foretide::e2e
