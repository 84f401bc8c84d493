// Reads the HTTP/1.1 response that the request path writes, as it is written, for it to be said in
// HTTP/2: interim heads, the head, the content.
//
// It reads what this program wrote itself (http/response_head.hpp, http/answer.hpp), so it is short
// and trusts the form; a head that it cannot read is a broken promise of ours. Fields that concern
// one connection are left out, names become lower case (RFC 9113 section 8.2.2).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/http/framing.hpp"
#include "balancer/http/head_scan.hpp"

namespace foretide::balancer::h2 {

struct ResponseFields {
  struct Field {
    std::string name;
    std::string_view value;
  };
  int status = 0;
  std::vector<Field> fields;  // values point into the head
  bool has_body = false;
  bool interim() const { return status < 200; }
};

class ResponseReader {
 public:
  enum class To : bool { kHead, kOther };  // the request's method
  explicit ResponseReader(To to = To::kOther) : to_(to) {}

  // What stands at the beginning of `bytes`: of the head nothing before it is complete.
  struct Piece {
    std::size_t used = 0;
    std::size_t content = 0;               // bytes of the body, moved to the front of `bytes`
    const ResponseFields* head = nullptr;  // one was completed; good until the next call
  };
  // Stops behind a head.
  Piece take(std::span<char> bytes);

  bool in_body() const { return state_ == State::kBody; }
  bool ended() const { return state_ == State::kEnded; }

 private:
  enum class State : unsigned char { kHead, kBody, kEnded };
  Piece take_head(std::span<char> bytes);
  void read_head(std::string_view head);

  To to_;
  State state_ = State::kHead;
  std::string kept_;  // of a head that came in parts
  bool kept_is_read_ = false;
  HeadScan scan_;
  ResponseFields fields_;
  BodyReader body_;
};

}  // namespace foretide::balancer::h2
