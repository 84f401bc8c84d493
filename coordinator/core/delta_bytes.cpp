#include "coordinator/core/delta_bytes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace foretide::coordinator {
namespace {

// Small differences of either sign are small numbers: 0, -1, 1, -2, ...
std::uint64_t folded(std::uint64_t difference) {
  return (difference << 1) ^ (difference >> 63 != 0 ? ~std::uint64_t{0} : 0);
}
std::uint64_t unfolded(std::uint64_t number) {
  return (number >> 1) ^ ((number & 1) != 0 ? ~std::uint64_t{0} : 0);
}

template <class Bits>
void append(std::string& bytes, Bits bits) {
  for (std::size_t i = 0; i < sizeof bits; ++i) {
    bytes.push_back(static_cast<char>(bits >> (8 * i) & 0xff));
  }
}

std::size_t shared_begin(std::string_view one, std::string_view other) {
  const std::size_t most = std::min(one.size(), other.size());
  std::size_t count = 0;
  while (count < most && one[count] == other[count]) ++count;
  return count;
}

}  // namespace

void DeltaWriter::flag(bool value) {
  if (flags_ == 8) {
    flags_at_ = bytes_.size();
    bytes_.push_back('\0');
    flags_ = 0;
  }
  if (value) bytes_[flags_at_] = static_cast<char>(bytes_[flags_at_] | 1 << flags_);
  ++flags_;
}

void DeltaWriter::whole(std::uint64_t difference) {
  std::uint64_t number = folded(difference);
  for (; number >= 0x80; number >>= 7) bytes_.push_back(static_cast<char>(number | 0x80));
  bytes_.push_back(static_cast<char>(number));
}

void DeltaWriter::raw(double value) {
  append(bytes_, std::bit_cast<std::uint64_t>(value));
}
void DeltaWriter::raw(float value) {
  append(bytes_, std::bit_cast<std::uint32_t>(value));
}

// The reader has both only as far as they were written.
void DeltaWriter::write(const std::string& whole_now, const std::string& whole_before) {
  const std::string_view now = std::string_view(whole_now).substr(0, kDeltaTextMax);
  const std::string_view before = std::string_view(whole_before).substr(0, kDeltaTextMax);
  const std::size_t begin = shared_begin(now, before);
  std::size_t end = 0;
  const std::size_t most = std::min(now.size(), before.size()) - begin;
  while (end < most && now[now.size() - 1 - end] == before[before.size() - 1 - end]) ++end;
  whole(begin);
  whole(end);
  whole(now.size() - begin - end);
  bytes_ += now.substr(begin, now.size() - begin - end);
}

std::uint8_t DeltaReader::byte() {
  if (left_.empty()) {
    failed_ = true;
    return 0;
  }
  const auto byte = static_cast<std::uint8_t>(left_.front());
  left_.remove_prefix(1);
  return byte;
}

bool DeltaReader::flag() {
  if (flags_left_ == 0) {
    flags_ = byte();
    flags_left_ = 8;
  }
  const bool value = (flags_ & 1) != 0;
  flags_ = static_cast<std::uint8_t>(flags_ >> 1);
  --flags_left_;
  return value && !failed_;
}

std::uint64_t DeltaReader::whole() {
  std::uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t part = byte();
    number |= static_cast<std::uint64_t>(part & 0x7f) << shift;
    if (part < 0x80) return unfolded(number);
  }
  fail();
  return 0;
}

void DeltaReader::raw(double& value) {
  std::uint64_t bits = 0;
  for (int shift = 0; shift < 64; shift += 8) bits |= static_cast<std::uint64_t>(byte()) << shift;
  value = std::bit_cast<double>(bits);
  if (!std::isfinite(value)) fail();
}

void DeltaReader::raw(float& value) {
  std::uint32_t bits = 0;
  for (int shift = 0; shift < 32; shift += 8) bits |= static_cast<std::uint32_t>(byte()) << shift;
  value = std::bit_cast<float>(bits);
  if (!std::isfinite(value)) fail();
}

void DeltaReader::read(std::string& now, const std::string& before) {
  const std::uint64_t begin = whole(), end = whole(), middle = whole();
  const bool is_bad = begin > before.size() || end > before.size() - begin ||
                      middle > left_.size() || begin + end + middle > kDeltaTextMax;
  if (failed_ || is_bad) return fail();
  now = before.substr(0, begin);
  now += left_.substr(0, middle);
  now += before.substr(before.size() - end);
  left_.remove_prefix(middle);
}

}  // namespace foretide::coordinator
