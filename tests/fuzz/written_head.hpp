// What must hold of every head that the proxy writes, whatever it was made from: it is one head and
// nothing else, its lines end as they should, and nothing in it concerns the sender's connection.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "balancer/http/field_rules.hpp"
#include "balancer/http/head_scan.hpp"
#include "common/check.hpp"

namespace foretide::fuzz {

struct WrittenHead {
  std::string_view start;
  std::string_view fields;  // with every line's end, without the empty line
};

template <class Visit>
void for_each_field(std::string_view fields, Visit visit) {
  while (!fields.empty()) {
    const auto end = fields.find("\r\n");
    const std::string_view line = fields.substr(0, end);
    const auto colon = line.find(": ");
    CHECK(colon != std::string_view::npos && colon > 0, "a written field has a name and a colon");
    visit(line.substr(0, colon), line.substr(colon + 2));
    fields.remove_prefix(end + 2);
  }
}

inline std::size_t count_of(std::string_view fields, std::string_view wanted) {
  std::size_t count = 0;
  for_each_field(fields, [&](std::string_view name, std::string_view) {
    count += same_word(name, wanted) ? 1 : 0;
  });
  return count;
}

inline WrittenHead plain_head(std::string_view head) {
  balancer::HeadScan scan;
  CHECK(scan.scan(head) == balancer::HeadScan::Found::kEnd, "what is written is a whole head");
  CHECK(scan.size() == head.size(), "nothing stands behind a written head");
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto byte = static_cast<unsigned char>(head[i]);
    if (byte == '\r') {
      CHECK(head[i + 1] == '\n', "no bare CR is written");
    } else if (byte == '\n') {
      CHECK(i > 0 && head[i - 1] == '\r', "no bare LF is written");
    } else {
      CHECK((byte >= 0x20 || byte == '\t') && byte != 0x7f, "no control byte is written");
    }
  }
  const auto end = head.find("\r\n");
  const WrittenHead written{head.substr(0, end), head.substr(end + 2, head.size() - end - 4)};
  const bool length = count_of(written.fields, "content-length") > 0;
  const bool coding = count_of(written.fields, "transfer-encoding") > 0;
  CHECK(!(length && coding), "one framing is written");
  CHECK(count_of(written.fields, "content-length") <= 1, "a length is written once");
  CHECK(count_of(written.fields, "transfer-encoding") <= 1, "a coding is written once");
  for (const char* name : {"keep-alive", "proxy-connection", "te", "trailer"}) {
    CHECK(count_of(written.fields, name) == 0, "what concerns one connection goes no further");
  }
  return written;
}

// `bytes` up to where the head ends; nothing when there is no plain one, or one beyond `most`.
inline std::string_view head_in(std::string_view bytes, std::size_t most) {
  bytes.remove_prefix(balancer::empty_lines_before(bytes));
  balancer::HeadScan scan;
  const bool found = scan.scan(bytes) == balancer::HeadScan::Found::kEnd && scan.size() <= most;
  return found ? bytes.substr(0, scan.size()) : std::string_view{};
}

}  // namespace foretide::fuzz
