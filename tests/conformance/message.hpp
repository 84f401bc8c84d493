// Reads one HTTP/1.1 message as strictly as RFC 9112 lets a receiver be. Both parts that the runner
// plays look at the proxy's bytes with it, so whatever the proxy writes must be plain: CRLF line
// ends, names that are tokens, one framing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foretide::conformance {

struct Message {
  using Fields = std::vector<std::pair<std::string, std::string>>;
  std::string start;
  Fields fields;
  std::string body;              // as far as it came
  std::string framing = "none";  // none, length, chunked, close
  Fields trailers;
  int status = 0;  // of a response

  std::vector<std::string> values(std::string_view name) const;
};

bool same_name(std::string_view a, std::string_view b);  // without case

// What the connection's end says of a message that ends with it.
enum class Ended { kNot, kCleanly, kByReset };

struct MessageKind {
  enum class Sender { kClient, kServer } sender = Sender::kServer;
  bool to_head = false;  // a response to HEAD has no body
  Ended ended = Ended::kNot;
};

struct Reading {
  enum class State {
    kNoHead,  // more is needed for the head
    kHead,    // the head is there, more is needed for the body
    kWhole,   //
    kBroken,  // `why`
    kCut,     // the connection ended in its midst
  } state = State::kNoHead;
  std::string why;
  Message message;
  std::size_t used = 0;  // kWhole
};

Reading read_message(std::string_view bytes, const MessageKind& kind);

}  // namespace foretide::conformance
