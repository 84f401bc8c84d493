#include "balancer/h2/request_fields.hpp"

#include <algorithm>
#include <array>

#include "balancer/http/field_rules.hpp"
#include "balancer/http/head_lines.hpp"
#include "balancer/http/request_head.hpp"

namespace foretide::balancer::h2 {
namespace {

constexpr std::array<std::string_view, 5> kOfOneConnection{
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"};

bool is_lower_token(std::string_view text) {
  return is_token(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_value(std::string_view text) {
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  };
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  if (text.empty()) return true;
  return !is_space(text.front()) && !is_space(text.back()) &&
         std::none_of(text.begin(), text.end(), is_control);
}

// Nothing that could end the request line or its target.
bool is_one_word(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
  });
}

}  // namespace

void RequestFields::take(std::string_view name, std::string_view value) {
  if (malformed_ || refused_ != 0) return;
  if (!is_value(value)) return refuse_malformed();
  if (name.starts_with(':')) {
    take_pseudo(name, value);
  } else {
    take_field(name, value);
  }
}

void RequestFields::take_pseudo(std::string_view name, std::string_view value) {
  if (!in_pseudo_) return refuse_malformed();
  const auto keep = [&](std::string& where) {
    if (!where.empty() || value.empty()) return refuse_malformed();
    where = value;
  };
  if (name == ":method") {
    if (!is_token(value)) return refuse_malformed();
    return keep(method_);
  }
  if (name == ":scheme") {
    if (value != "http" && value != "https") return refuse_malformed();
    return keep(scheme_);
  }
  if (name == ":path") {
    has_path_ = true;
    if (value.size() > kRequestLineMax) {
      refused_ = 414;
      return;
    }
    if (!is_one_word(value)) return refuse_malformed();
    return keep(path_);
  }
  if (name == ":authority" && !has_authority_) {
    has_authority_ = true;
    if (!value.empty() && (!is_one_word(value) || !is_host(value))) return refuse_malformed();
    authority_ = value;
    return;
  }
  refuse_malformed();
}

void RequestFields::take_field(std::string_view name, std::string_view value) {
  if (in_pseudo_) write_line();
  if (malformed_) return;
  if (!is_lower_token(name)) return refuse_malformed();
  if (std::find(kOfOneConnection.begin(), kOfOneConnection.end(), name) != kOfOneConnection.end()) {
    return refuse_malformed();
  }
  if (name == "host") return take_host(value);
  if (name == "te") {
    if (value != "trailers") refuse_malformed();
    return;
  }
  if (name == "cookie") {
    if (cookie_.size() + value.size() > kHeadMax) {
      refused_ = 431;
      return;
    }
    if (!cookie_.empty()) cookie_ += "; ";
    cookie_ += value;
    return;
  }
  if (name == "content-length") has_length_ = true;  // judged like every other head's
  out_.put_field(name, value);
  if (out_.overflow()) refused_ = 431;
}

void RequestFields::take_host(std::string_view value) {
  if (has_host_) return refuse_malformed();
  has_host_ = true;
  if (has_authority_ && value != authority_) return refuse_malformed();
  if (!has_authority_) out_.put_field("Host", value);
}

// Once the pseudo-fields are complete.
void RequestFields::write_line() {
  in_pseudo_ = false;
  if (method_.empty()) return refuse_malformed();
  std::string_view target = path_;
  if (method_ == "CONNECT") {
    if (has_path_ || !scheme_.empty() || authority_.empty()) return refuse_malformed();
    target = authority_;
  } else {
    const bool asterisk = path_ == "*" && method_ == "OPTIONS";
    if (scheme_.empty() || (!path_.starts_with('/') && !asterisk)) return refuse_malformed();
  }
  out_.put(method_);
  out_.put(" ");
  out_.put(target);
  out_.put(" HTTP/1.1\r\n");
  if (has_authority_) out_.put_field("Host", authority_);
  if (out_.overflow()) refused_ = 431;
}

void RequestFields::finish(Body body) {
  if (refused_ != 0 || malformed_) return;
  if (in_pseudo_) write_line();
  if (malformed_) return;
  if (!cookie_.empty()) out_.put_field("Cookie", cookie_);
  if (body == Body::kFollows && !has_length_) out_.put("Transfer-Encoding: chunked\r\n");
  out_.put("\r\n");
  if (out_.overflow()) refused_ = 431;
}

}  // namespace foretide::balancer::h2
