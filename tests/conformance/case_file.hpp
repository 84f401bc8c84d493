// The cases as they stand in cases.txt, whose head explains the format to people: each case is a
// short play of a client, a proxy under test and an upstream, of which the first and the last are
// played by us. A step is one thing that is done or must be seen; indented lines below it are
// checks of what was seen.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace foretide::conformance {

struct Check {
  enum class Kind {
    kField,         // name: value, once
    kHasField,      // name, with any value
    kNoField,       // name
    kFieldHolds,    // name: a word of its value, which may be a list over several lines
    kBody,          // exactly
    kBodyBegins,    // so far; the rest is not waited for
    kBodyUnread,    // the head alone is waited for
    kFraming,       // length, chunked, none or close
    kStart,         // the start line, exactly
    kTrailer,       // name: value, in the trailers and not among the fields
    kNoTrailer,     // name
    kCut,           // ends before its framing says so
    kToHead,        // it answers a HEAD: no body whatever it says
    kAfterInterim,  // interim responses before it are let pass
  };
  Kind kind;
  std::string name, value;
};

struct Step {
  enum class Kind {
    kSend,              // `bytes`, by the client
    kEndWriting,        // the client says that it sends no more
    kForward,           // the upstream gets `method` `target`
    kContinue,          // the client gets one 100, from whoever sends it
    kAnswer,            // `bytes`, by the upstream
    kUpstreamCloses,    // cleanly
    kUpstreamResets,    //
    kUpstreamIsClosed,  // by the proxy
    kSee,               // the client gets a response with one of `statuses`
    kReject,            // as kSee, then closed, and the upstream got nothing
    kAbort,             // likewise, but the upstream may have got its beginning
    kClosed,            // the client's connection ends and nothing more came
    kAgain,             // another request on the client's connection is served
    kNext,              // another request on a new client connection is served
    kNextFresh,         // as kNext, by another upstream connection than the last request's
    kAgainFresh,        // as kAgain, likewise
    kNextSame,          // as kNext, by the same upstream connection as the last request's
  };
  Kind kind;
  int line = 0;
  std::string bytes;
  std::string method, target;
  std::vector<int> statuses;  // 0: closed without an answer
  std::vector<Check> checks;
  bool in_single_bytes = false;  // each written on its own
};

struct Case {
  std::string section;  // "9112:6.3"
  std::string name;
  int line = 0;
  bool is_choice = false;  // the RFC leaves it open and this is what Foretide does
  std::string needs;       // a feature that must be there for it: "upgrade", "half-close"
  std::vector<Step> steps;

  bool is_response_case() const;  // the upstream's part is what it is about
};

Result<std::vector<Case>> parse_cases(std::string_view text, const std::string& path);

}  // namespace foretide::conformance
