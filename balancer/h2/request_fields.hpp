// The fields of an HTTP/2 request, checked as they come and written as the head of an HTTP/1.1
// request, which the request path then judges like any other.
//
// Checked is what HTTP/2 asks for (RFC 9113 section 8.2 and 8.3) and what the other form could not
// carry unambiguously: pseudo-fields known, once, complete and in front; names in lower case and
// tokens; values without control characters or white space around them; nothing that concerns one
// connection, TE only as "trailers"; a method that is a token, a path that begins with "/" or is
// "*", neither with a byte that could end the request line; Host and :authority alike. Whatever
// breaks one of these is malformed, and its stream is reset. The cookie's crumbs become one field
// again (section 8.2.3). CONNECT is passed on to be refused like that of HTTP/1.1.
//
// Pure but for the memory that it is given to write to; a head that does not fit is too large,
// which is answered 431 (414 for the path) on the stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "balancer/http/head_writer.hpp"

namespace foretide::balancer::h2 {

class RequestFields {
 public:
  explicit RequestFields(HeadWriter out) : out_(out) {}

  void take(std::string_view name, std::string_view value);
  // All have come. `ended`: there is no body.
  enum class Body : std::uint8_t { kNone, kFollows };
  void finish(Body body);

  bool malformed() const { return malformed_; }
  // The status to refuse it with; 0: none. Only where it is not malformed.
  int refused() const { return refused_; }
  bool is_head() const { return method_ == "HEAD"; }
  // Whether the body's length was given; else it has to be read as chunks.
  bool has_length() const { return has_length_; }
  std::string_view head() const { return out_.text(); }

 private:
  void take_pseudo(std::string_view name, std::string_view value);
  void take_field(std::string_view name, std::string_view value);
  void take_host(std::string_view value);
  void write_line();
  void refuse_malformed() { malformed_ = true; }

  HeadWriter out_;
  std::string method_, scheme_, path_, authority_, host_, cookie_;
  bool in_pseudo_ = true;  // no other field has come yet
  bool has_authority_ = false, has_path_ = false, has_host_ = false, has_length_ = false;
  bool malformed_ = false;
  int refused_ = 0;
};

}  // namespace foretide::balancer::h2
