// Access records on their way from one traffic thread to the log's writer: a ring of bytes with one
// writer and one reader, without a lock and without a system call.
//
// A record is a head of fixed size and the bytes of its texts behind it. It is put as a whole or
// not at all: when the reader is behind by the whole ring, records are dropped and counted, and no
// request waits for a disk.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "balancer/core/access_line.hpp"

namespace foretide::balancer {

class AccessRing {
 public:
  explicit AccessRing(std::size_t size_bytes = 1024 * 1024)
      : size_(size_bytes), bytes_(std::make_unique<char[]>(size_bytes)) {}

  // The traffic thread's side. Texts are cut to kTextMax bytes.
  void put(const AccessRecord& record);

  // The writer's side. False when there is none; the record's views point into `texts`.
  bool take(AccessRecord& record, std::string& texts);

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  static constexpr std::size_t kTextMax = 8 * 1024;

 private:
  static constexpr std::size_t kTexts = 12;
  struct Head {
    WallTime began;
    std::uint64_t bytes, duration_us, held_us;
    std::int32_t status;
    std::uint32_t retries;
    std::array<std::uint16_t, kTexts> sizes;
  };
  using Texts = std::array<std::string_view AccessRecord::*, kTexts>;
  static constexpr Texts kFields{
      &AccessRecord::client,  &AccessRecord::method,     &AccessRecord::target,
      &AccessRecord::host,    &AccessRecord::protocol,   &AccessRecord::scheme,
      &AccessRecord::service, &AccessRecord::worker,     &AccessRecord::request_id,
      &AccessRecord::referer, &AccessRecord::user_agent, &AccessRecord::cut,
  };

  void write(std::uint64_t at, const void* from, std::size_t size);
  void read(std::uint64_t at, void* to, std::size_t size) const;

  const std::size_t size_;
  std::unique_ptr<char[]> bytes_;
  // How many bytes were ever put and taken; the ring's place is the remainder.
  alignas(64) std::atomic<std::uint64_t> put_{0};
  alignas(64) std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace foretide::balancer
