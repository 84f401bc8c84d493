// One request as a line of the access log: `json` for programs, `combined` for whatever reads
// nginx's and Apache's logs.
//
// What a client sent is written so that it can neither end the line nor leave its quotes: control
// characters and quotes are escaped, and bytes that are not UTF-8 too. A field that is not known is
// null, or "-".
//
// A sample of each (the first is one line):
//     {"time":"2026-05-06T07:08:09.123Z","client":"192.0.2.7","method":"GET","target":"/x?y=1",
//      "host":"a.example","protocol":"HTTP/1.1","scheme":"https","status":200,"bytes":5120,
//      "duration_ms":12.345,"held_ms":0,"service":"web","worker":"web-3-1","retries":0,
//      "request_id":"…","user_agent":"curl/8","referer":null,"cut":null}
//     192.0.2.7 - - [06/May/2026:07:08:09 +0000] "GET /x?y=1 HTTP/1.1" 200 5120 "-" "curl/8"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/settings/front_settings.hpp"
#include "common/time.hpp"

namespace foretide::balancer {

// Views of one request; empty where nothing is known.
struct AccessRecord {
  WallTime began{};
  std::string_view client, method, target, host, protocol, scheme;
  std::string_view service, worker, request_id, user_agent, referer;
  std::string_view cut;     // who ended an answer that had begun: worker, client, or time
  int status = 0;           // 0: the client went away before it was told anything
  std::uint64_t bytes = 0;  // of the body that were sent to the client
  std::uint64_t duration_us = 0, held_us = 0;
  std::uint32_t retries = 0;
};

using AccessFormat = AccessLogSettings::Format;

// Appends a line with its line feed.
void append_access_line(const AccessRecord& record, AccessFormat format, std::string& out);

}  // namespace foretide::balancer
