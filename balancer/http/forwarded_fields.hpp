// Where a request came from, as the worker is told: X-Forwarded-For, -Proto and -Host, which
// everybody reads, and Forwarded (RFC 7239), which says the same in one field.
//
// What arrives in these fields is believed from trusted peers only (`listen.trusted_proxies`): from
// them the list is appended to, and what they say of scheme and host is passed on. A stranger's are
// dropped, every X-Forwarded-* of them: whoever could write 127.0.0.1 into the list would be taken
// for a neighbour.
//
// Likewise for the certificate that the client proved to have: X-SSL-Client-Verify and -S-DN, the
// names that nginx's users chose.
//
// Collects views into the head that is being read; nothing is copied until `write`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "balancer/http/head_writer.hpp"
#include "common/ip_range.hpp"

namespace foretide::balancer {

// Whether what a client says of others is believed.
enum class Trust : std::uint8_t { kStranger, kTrusted };

struct ClientSide {
  std::string_view address;     // IP address as text; empty: it has none (a unix socket)
  const IpBytes* ip = nullptr;  // none: it has none
  std::string_view scheme = "http";
  std::string_view version = "1.1";  // of HTTP, as Via says it
  Trust trust = Trust::kStranger;
  bool certified = false;  // it was asked for a certificate and showed a good one
  std::string_view certificate_subject;
};

class ForwardedFields {
 public:
  enum class Take : std::uint8_t {
    kNotOurs,  // pass it on like any other
    kTaken,
    kTooMany,  // more lines than are kept: refuse the request
  };

  explicit ForwardedFields(const ClientSide& client) : client_(client) {}

  Take take(std::string_view name, std::string_view value);
  // As the client spoke, or as a trusted peer says that it did.
  std::string_view scheme() const { return proto_.empty() ? client_.scheme : proto_; }
  std::string_view version() const { return client_.version; }
  // Whether what a field says of the client's certificate is passed on.
  bool believes_certificate() const {
    return client_.trust == Trust::kTrusted && !client_.certified;
  }
  // `host` is the request's, in whatever way it said it; may be empty.
  void write(std::string_view host, HeadWriter& out) const;

 private:
  static constexpr std::size_t kLinesMax = 8;  // of one field
  struct Lines {
    std::array<std::string_view, kLinesMax> values;
    std::size_t size = 0;
  };

  static Take keep(std::string_view value, Lines& lines);
  void write_list(const Lines& lines, HeadWriter& out) const;

  const ClientSide& client_;
  Lines for_, forwarded_;
  std::string_view proto_, host_;
};

}  // namespace foretide::balancer
