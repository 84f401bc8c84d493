// Whatever request head is accepted is written as one plain head, which, read again, is accepted
// with the same method, target, host and framing: no second program can take it for something else.
#include "balancer/http/request_head.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "balancer/http/head_changes.hpp"
#include "common/check.hpp"
#include "tests/fuzz/written_head.hpp"

namespace {

using namespace foretide;
using namespace foretide::balancer;

constexpr std::size_t kBlock = 16 * 1024;  // what the balancer has for a head
const Address kEndpoint{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 65535};
const DrawnIds kIds{1, 2, 3};
const std::string kSubject = "CN=" + std::string(500, 'a');

// What the settings change of requests, as much of it as a service may well ask for.
wire::HeadChanges changes() {
  wire::HeadChanges made;
  made.strip_prefix = "/a";
  made.add_prefix = "/added";
  made.remove = {"X-A"};
  made.set = {{"X-Set", std::string(200, 'b')}};
  return made;
}
const wire::HeadChanges kChanges = changes();

// The input's first byte.
struct Circumstances {
  bool trusted, certified, changed, padded;
  std::size_t short_of_most;
  explicit Circumstances(std::uint8_t flags)
      : trusted((flags & 1) != 0),
        certified((flags & 2) != 0),
        changed((flags & 4) != 0),
        padded((flags & 8) != 0),
        short_of_most(static_cast<std::size_t>(flags >> 4) * 32) {}

  // With a field that makes it nearly as large as a head may be, where what is added must not fit
  // by chance.
  std::string head(std::string_view found) const {
    std::string text(found);
    const std::size_t wanted = kHeadMax - short_of_most, least = text.size() + 8;
    if (!padded || wanted < least) return text;
    text.insert(text.size() - 2, "X-P: " + std::string(wanted - least + 1, 'p') + "\r\n");
    return text;
  }

  ClientSide client() const {
    return {.address = "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe",
            .scheme = certified ? "https" : "http",
            .trust = trusted ? Trust::kTrusted : Trust::kStranger,
            .certified = certified,
            .certificate_subject = certified ? std::string_view(kSubject) : std::string_view()};
  }
};

// Of exactly this size, so that the sanitizer sees a byte written behind it.
struct Memory {
  explicit Memory(std::size_t size) : bytes(new char[size]), writer(bytes.get(), size) {}
  std::unique_ptr<char[]> bytes;
  HeadWriter writer;
};

void check_fields(const RequestHead& head, std::string_view fields) {
  CHECK(fuzz::count_of(fields, "host") == 1, "a request has one Host");
  CHECK(fuzz::count_of(fields, "x-forwarded-for") == 1, "X-Forwarded-For is one list");
  CHECK(fuzz::count_of(fields, "x-forwarded-proto") == 1, "X-Forwarded-Proto is said once");
  CHECK(fuzz::count_of(fields, "forwarded") == 1, "Forwarded is one list");
  CHECK(fuzz::count_of(fields, "traceparent") == 1, "a request belongs to one trace");
  CHECK(fuzz::count_of(fields, "via") >= 1, "Via is added");
  CHECK(fuzz::count_of(fields, "proxy-authorization") == 0, "what is for this proxy ends here");
  const std::size_t upgrades = head.upgrade.empty() ? 0 : 1;
  CHECK(fuzz::count_of(fields, "connection") == upgrades, "Connection is ours, for an upgrade");
  CHECK(fuzz::count_of(fields, "upgrade") == upgrades, "an upgrade is offered once, or not");
}

void check_second_reading(const RequestHead& head, const Circumstances& as, std::string_view text) {
  Memory again(2 * kBlock);
  const ClientSide client = as.client();
  const RequestHead second = parse_request_head(text, client, kIds, again.writer);
  if (second.refused == 414) return;  // "/" before a query is a byte more
  CHECK(second.refused == 0, "what was written is accepted");
  CHECK(second.method == head.method, "the method stays");
  CHECK(as.changed || second.target == head.target, "the target stays");
  CHECK(head.host.empty() || second.host == head.host, "the host stays");
  CHECK(second.framing == head.framing, "the framing stays");
  CHECK(second.length == head.length, "the length stays");
  CHECK(second.upgrade == head.upgrade, "the offer stays");
  CHECK(second.is_head == head.is_head, "HEAD stays HEAD");
  CHECK(second.idempotent == head.idempotent, "what may be repeated may be repeated");
  CHECK(!second.http_10, "the version is ours");
}

void check_written(const RequestHead& head, const Circumstances& as, std::string_view text) {
  const auto written = fuzz::plain_head(text);
  check_fields(head, written.fields);
  std::size_t fields = 0;
  fuzz::for_each_field(written.fields, [&](std::string_view, std::string_view) { ++fields; });
  const bool too_much = text.size() > kHeadMax || fields > kFieldsMax;
  if (!too_much) check_second_reading(head, as, text);
}

// What ends with an empty line is read without a scan for where its head ends: it must end where
// the scan says, and be refused where the scan would.
void check_unscanned(std::string_view bytes, const ClientSide& client) {
  bytes.remove_prefix(balancer::empty_lines_before(bytes));
  if (!balancer::holds_whole_head(bytes)) return;
  Memory memory(2 * bytes.size() + kBlock);
  const RequestHead head = parse_request_head(bytes, client, kIds, memory.writer);
  HeadScan scan;
  const auto found = scan.scan(bytes);
  CHECK(found != HeadScan::Found::kMore, "an empty line ends a head");
  CHECK(found == HeadScan::Found::kEnd || head.refused != 0, "what no head holds is refused");
  CHECK(head.refused != 0 || head.size == scan.size(), "a head ends at its empty line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Circumstances as(data[0]);
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const ClientSide client = as.client();
  check_unscanned(bytes, client);
  const std::string_view found = fuzz::head_in(bytes, kHeadMax);
  if (found.empty()) return 0;
  const std::string head_text = as.head(found);  // nothing behind it may be read

  Memory small(head_text.size() / 2);
  const RequestHead cramped = parse_request_head(head_text, client, kIds, small.writer);
  CHECK(cramped.refused != 0 || !small.writer.overflow(), "what does not fit is refused");

  Memory memory(kBlock);
  RequestHead head = parse_request_head(head_text, client, kIds, memory.writer);
  if (head.refused != 0) {
    CHECK(head.refused >= 400 && head.refused < 600, "a refusal has a status");
    CHECK(!head.refusal.empty(), "a refusal has a reason");
    return 0;
  }
  CHECK(head.size == head_text.size(), "a head ends where it ends");
  if (head.answer_here) return 0;
  if (as.changed) {
    head.fields_begin = change_path(kChanges, head.fields_begin, memory.writer);
    change_fields(kChanges, head.fields_begin, memory.writer);
    if (!has_room_to_end(memory.writer)) return 0;
  }
  end_request_head(head, kEndpoint, memory.writer);
  CHECK(!memory.writer.overflow(), "a head that is accepted leaves room for what we add");
  check_written(head, as, memory.writer.text());
  return 0;
}
