#include "balancer/io/table_store.hpp"

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "common/io/atomic_file.hpp"
#include "common/wire/codec.hpp"

namespace foretide::balancer {
namespace {

constexpr std::string_view kFormat = "foretide tables 1\n";

// FNV-1a: tells a torn or edited file, not an attacker.
std::uint64_t checksum_of(std::string_view bytes) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

template <class Number>
void append_number(std::string& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes.push_back(static_cast<char>(number >> 8 * i & 0xff));
  }
}

template <class Number>
bool take_number(std::string_view& bytes, Number& number) {
  if (bytes.size() < sizeof number) return false;
  number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number |= static_cast<Number>(static_cast<unsigned char>(bytes[i])) << 8 * i;
  }
  bytes.remove_prefix(sizeof number);
  return true;
}

void append_message(std::string& bytes, wire::Body body) {
  const std::string message = wire::encode({.envelope = {}, .body = std::move(body)});
  append_number(bytes, static_cast<std::uint32_t>(message.size()));
  bytes += message;
}

}  // namespace

Outcome TableStore::save(const HeldTables& tables) const {
  std::string body;
  if (tables.matches()) append_message(body, *tables.matches());
  for (const auto& [id, table] : tables.services()) {
    if (!table.removed || !table.endpoints.empty()) append_message(body, table);
  }
  std::string file(kFormat);
  append_number(file, checksum_of(body));
  file += body;
  return write_file(path_, file, 0600);
}

Result<HeldTables> TableStore::load() const {
  if (::access(path_.c_str(), F_OK) != 0 && errno == ENOENT) return HeldTables{};
  std::ifstream stream(path_, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) return Error{path_ + ": cannot be read"};
  const Error damaged{path_ + ": is damaged, it is not used"};
  std::string_view rest = file;
  if (!rest.starts_with(kFormat)) return damaged;
  rest.remove_prefix(kFormat.size());
  std::uint64_t checksum = 0;
  if (!take_number(rest, checksum) || checksum != checksum_of(rest)) return damaged;

  HeldTables tables;
  while (!rest.empty()) {
    std::uint32_t size = 0;
    if (!take_number(rest, size) || size > rest.size()) return damaged;
    const auto message = wire::decode({rest.data(), size});
    if (!message) return Error{path_ + ": " + message.error()};
    if (const auto* table = std::get_if<wire::ServiceTable>(&message->body)) tables.keep(*table);
    if (const auto* matches = std::get_if<wire::MatchTable>(&message->body)) tables.keep(*matches);
    rest.remove_prefix(size);
  }
  return tables;
}

}  // namespace foretide::balancer
