#include "balancer/http/forwarded_fields.hpp"

#include "balancer/http/field_rules.hpp"

namespace foretide::balancer {

using namespace std::string_view_literals;

ForwardedFields::Take ForwardedFields::take(std::string_view name, std::string_view value) {
  constexpr std::string_view kPrefix = "x-forwarded-";
  const bool believed = client_.trust == Trust::kTrusted;
  if (same_word(name, "forwarded")) return believed ? keep(value, forwarded_) : Take::kTaken;
  if (name.size() < kPrefix.size() || !same_word(name.substr(0, kPrefix.size()), kPrefix)) {
    return Take::kNotOurs;
  }
  if (!believed) return Take::kTaken;
  const std::string_view rest = name.substr(kPrefix.size());
  if (same_word(rest, "for")) return keep(value, for_);
  if (same_word(rest, "proto")) {
    if (proto_.empty()) proto_ = value;
    return Take::kTaken;
  }
  if (same_word(rest, "host")) {
    if (host_.empty() && is_host(value)) host_ = value;
    return Take::kTaken;
  }
  return Take::kNotOurs;
}

ForwardedFields::Take ForwardedFields::keep(std::string_view value, Lines& lines) {
  if (value.empty()) return Take::kTaken;
  if (lines.size == kLinesMax) return Take::kTooMany;
  lines.values[lines.size++] = value;
  return Take::kTaken;
}

void ForwardedFields::write_list(const Lines& lines, HeadWriter& out) const {
  for (std::size_t i = 0; i < lines.size; ++i) {
    if (i > 0) out.put(", ");
    out.put(lines.values[i]);
  }
}

void ForwardedFields::write(std::string_view host, HeadWriter& out) const {
  const std::string_view address = client_.address;
  if (!address.empty() || for_.size > 0) {
    out.put("X-Forwarded-For: ");
    write_list(for_, out);
    if (!address.empty() && for_.size > 0) out.put(", ");
    out.put(address, "\r\n");
  }
  out.put_field("X-Forwarded-Proto", scheme());
  const std::string_view said_host = host_.empty() ? host : host_;
  if (!said_host.empty()) out.put_field("X-Forwarded-Host", said_host);

  out.put("Forwarded: ");
  write_list(forwarded_, out);
  // RFC 7239 section 6: an IPv6 address stands in brackets and quotes.
  const bool v6 = address.find(':') != std::string_view::npos;
  if (forwarded_.size > 0) out.put(", ");
  if (v6) {
    out.put("for=\"[", address, "]\";proto=", client_.scheme);
  } else {
    out.put("for=", address.empty() ? "unknown"sv : address, ";proto=", client_.scheme);
  }
  if (!host.empty()) out.put(";host=\"", host, "\"");
  out.put("\r\n");
  if (!client_.certified) return;
  out.put_field("X-SSL-Client-Verify", "SUCCESS");
  out.put_field("X-SSL-Client-S-DN", client_.certificate_subject);
}

}  // namespace foretide::balancer
