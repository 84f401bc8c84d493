// Whatever response head is accepted is written as one plain head, which, read again, has the same
// status and the framing that the client was promised.
#include "balancer/http/response_head.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "balancer/http/request_head.hpp"
#include "common/check.hpp"
#include "tests/fuzz/written_head.hpp"

namespace {

using namespace foretide;
using namespace foretide::balancer;

constexpr std::size_t kBlock = 16 * 1024;
wire::HeadChanges changes() {
  wire::HeadChanges made;
  made.remove = {"X-A"};
  made.set = {{"X-Set", std::string(200, 'b')}};
  return made;
}
const wire::HeadChanges kChanges = changes();
constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

void check_written(const ResponseHead& head, const ResponseTo& to, std::string_view text) {
  const auto written = fuzz::plain_head(text);
  CHECK(written.start.starts_with("HTTP/1.1 "), "the version is ours");
  const bool has_length = fuzz::count_of(written.fields, "content-length") > 0;
  const bool has_coding = fuzz::count_of(written.fields, "transfer-encoding") > 0;
  CHECK(!(head.interim || head.status == 204) || (!has_length && !has_coding),
        "what has no body has no framing");
  CHECK(!to.http_10 || !has_coding, "HTTP/1.0 knows no chunks");
  CHECK(!head.switches || !to.upgrade.empty(), "protocols are switched where that was asked for");
  const bool keeps_connection = head.interim || !head.close_client;
  const auto connections = fuzz::count_of(written.fields, "connection");
  if (head.status == 426) {
    CHECK(connections <= 1 && (connections == 1 || keeps_connection),
          "Connection is ours, with what the client is to ask for");
  } else {
    CHECK(connections == (keeps_connection ? 0 : 1),
          "Connection is ours, for an end or an upgrade");
    CHECK(fuzz::count_of(written.fields, "upgrade") == (head.switches ? 1 : 0), "Upgrade likewise");
  }
  CHECK(head.to_client != Framing::kChunked || has_coding, "what is chunked says so");
  CHECK(head.to_client != Framing::kLength || has_length, "what has a length says so");
  CHECK(head.to_client != Framing::kUntilClose || head.close_client,
        "what ends with the connection ends it");
  std::size_t fields = 0;
  fuzz::for_each_field(written.fields, [&](std::string_view, std::string_view) { ++fields; });
  if (fields > kFieldsMax) return;  // too many for a second time

  const auto memory = std::make_unique<char[]>(2 * kBlock);
  HeadWriter again(memory.get(), 2 * kBlock);
  const ResponseHead second = parse_response_head(
      text, {.head_request = to.head_request, .date = kDate, .upgrade = to.upgrade}, again);
  CHECK(!second.refused, "what was written is accepted");
  CHECK(second.status == head.status, "the status stays");
  CHECK(second.interim == head.interim, "what is interim stays so");
  CHECK(second.from_upstream == head.to_client, "the client reads the framing that was promised");
  CHECK(head.to_client != Framing::kLength || second.length == head.length, "the length stays");
  CHECK(head.interim || !head.close_client || !second.reusable, "a close is said");
}

// It is read before anybody knows whether it is whole.
void check_unscanned(std::string_view bytes) {
  const auto memory = std::make_unique<char[]>(2 * bytes.size() + kBlock);
  HeadWriter out(memory.get(), 2 * bytes.size() + kBlock);
  const ResponseHead head = parse_response_head(bytes, {.date = kDate}, out);
  if (head.refused) return;
  HeadScan scan;
  const auto found = scan.scan(bytes);
  const bool whole = found == HeadScan::Found::kEnd;
  CHECK(whole == (head.size > 0), "it is whole where the scan finds its end");
  CHECK(!whole || head.size == scan.size(), "a head ends at its empty line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t flags = data[0];
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  check_unscanned(bytes);
  const std::string_view found = fuzz::head_in(bytes, kHeadMax);
  if (found.empty()) return 0;
  const std::string head_text(found);
  ResponseTo to{.head_request = (flags & 1) != 0,
                .http_10 = (flags & 2) != 0,
                .close = (flags & 4) != 0,
                .date = kDate,
                .changes = (flags & 16) != 0 ? &kChanges : nullptr};
  if ((flags & 8) != 0 && !to.http_10) to.upgrade = "websocket";
  if ((flags & 32) != 0) to.held = to.worker_start = std::chrono::milliseconds(1234567);
  const auto memory = std::make_unique<char[]>(kBlock);
  HeadWriter out(memory.get(), kBlock);
  const ResponseHead head = parse_response_head(head_text, to, out);
  if (head.refused) {
    CHECK(!head.refusal.empty(), "a refusal has a reason");
    return 0;
  }
  CHECK(head.status >= 100 && head.status < 600, "a status is one");
  CHECK(!head.reusable || head.from_upstream != Framing::kUntilClose,
        "a connection whose end ends the body is not used again");
  check_written(head, to, out.text());
  return 0;
}
