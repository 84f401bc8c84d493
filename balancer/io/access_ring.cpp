#include "balancer/io/access_ring.hpp"

#include <algorithm>

namespace foretide::balancer {

void AccessRing::write(std::uint64_t at, const void* from, std::size_t size) {
  if (size == 0) return;
  const std::size_t begin = at % size_;
  const std::size_t first = std::min(size, size_ - begin);
  std::memcpy(bytes_.get() + begin, from, first);
  std::memcpy(bytes_.get(), static_cast<const char*>(from) + first, size - first);
}

void AccessRing::read(std::uint64_t at, void* to, std::size_t size) const {
  if (size == 0) return;
  const std::size_t begin = at % size_;
  const std::size_t first = std::min(size, size_ - begin);
  std::memcpy(to, bytes_.get() + begin, first);
  std::memcpy(static_cast<char*>(to) + first, bytes_.get(), size - first);
}

void AccessRing::put(const AccessRecord& record) {
  Head head{record.began,
            record.bytes,
            record.duration_us,
            record.held_us,
            record.status,
            record.retries,
            {}};
  std::size_t total = sizeof head;
  for (std::size_t i = 0; i < kTexts; ++i) {
    const auto size = std::min((record.*kFields[i]).size(), kTextMax);
    head.sizes[i] = static_cast<std::uint16_t>(size);
    total += size;
  }
  std::uint64_t at = put_.load(std::memory_order_relaxed);
  if (total > size_ - (at - taken_.load(std::memory_order_acquire))) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  write(at, &head, sizeof head);
  at += sizeof head;
  for (std::size_t i = 0; i < kTexts; ++i) {
    write(at, (record.*kFields[i]).data(), head.sizes[i]);
    at += head.sizes[i];
  }
  put_.store(at, std::memory_order_release);
}

bool AccessRing::take(AccessRecord& record, std::string& texts) {
  std::uint64_t at = taken_.load(std::memory_order_relaxed);
  if (at == put_.load(std::memory_order_acquire)) return false;
  Head head{};
  read(at, &head, sizeof head);
  at += sizeof head;
  std::size_t size = 0;
  for (const auto part : head.sizes) size += part;
  texts.resize(size);
  read(at, texts.data(), size);
  taken_.store(at + size, std::memory_order_release);

  record = {};
  record.began = head.began;
  record.bytes = head.bytes;
  record.duration_us = head.duration_us;
  record.held_us = head.held_us;
  record.status = head.status;
  record.retries = head.retries;
  std::string_view rest = texts;
  for (std::size_t i = 0; i < kTexts; ++i) {
    record.*kFields[i] = rest.substr(0, head.sizes[i]);
    rest.remove_prefix(head.sizes[i]);
  }
  return true;
}

}  // namespace foretide::balancer
