// Whatever request head is accepted is written as one plain head, which, read again, is accepted
// with the same method, target, host and framing: no second program can take it for something else.
#include "balancer/http/request_head.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/check.hpp"
#include "tests/fuzz/written_head.hpp"

namespace {

using namespace foretide;
using namespace foretide::balancer;

constexpr std::size_t kBlock = 16 * 1024;  // what the balancer has for a head
const Address kEndpoint{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 65535};

// Of exactly this size, so that the sanitizer sees a byte written behind it.
struct Memory {
  explicit Memory(std::size_t size) : bytes(new char[size]), writer(bytes.get(), size) {}
  std::unique_ptr<char[]> bytes;
  HeadWriter writer;
};

void check_written(const RequestHead& head, std::string_view text) {
  const auto written = fuzz::plain_head(text);
  CHECK(fuzz::count_of(written.fields, "host") == 1, "a request has one Host");
  CHECK(fuzz::count_of(written.fields, "x-forwarded-for") == 1, "X-Forwarded-For is one list");
  CHECK(fuzz::count_of(written.fields, "via") >= 1, "Via is added");
  std::size_t fields = 0;
  fuzz::for_each_field(written.fields, [&](std::string_view, std::string_view) { ++fields; });
  if (text.size() > kHeadMax || fields > kFieldsMax) return;  // too much for a second time

  Memory again(2 * kBlock);
  const ClientSide client{"192.0.2.1"};
  const RequestHead second = parse_request_head(text, client, again.writer);
  if (second.refused == 414) return;  // "/" before a query is a byte more
  CHECK(second.refused == 0, "what was written is accepted");
  CHECK(second.method == head.method, "the method stays");
  CHECK(second.target == head.target, "the target stays");
  CHECK(head.host.empty() || second.host == head.host, "the host stays");
  CHECK(second.framing == head.framing, "the framing stays");
  CHECK(second.length == head.length, "the length stays");
  CHECK(second.is_head == head.is_head, "HEAD stays HEAD");
  CHECK(second.idempotent == head.idempotent, "what may be repeated may be repeated");
  CHECK(!second.http_10, "the version is ours");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const std::string_view found = fuzz::head_in(bytes, kHeadMax);
  if (found.empty()) return 0;
  const std::string head_text(found);  // nothing behind it may be read
  const ClientSide client{"2001:db8:ffff:ffff:ffff:ffff:ffff:fffe"};

  Memory small(head_text.size() / 2);
  const RequestHead cramped = parse_request_head(head_text, client, small.writer);
  CHECK(cramped.refused != 0 || !small.writer.overflow(), "what does not fit is refused");

  Memory memory(kBlock);
  const RequestHead head = parse_request_head(head_text, client, memory.writer);
  if (head.refused != 0) {
    CHECK(head.refused >= 400 && head.refused < 600, "a refusal has a status");
    CHECK(!head.refusal.empty(), "a refusal has a reason");
    return 0;
  }
  if (head.answer_here) return 0;
  end_request_head(head, kEndpoint, memory.writer);
  CHECK(!memory.writer.overflow(), "a head within its bound leaves room for what we add");
  check_written(head, memory.writer.text());
  return 0;
}
