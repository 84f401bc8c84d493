// Bytes as text that people can paste: base64url without padding (RFC 4648, section 5) and Z85, the
// form in which CURVE keys are written (rfc.zeromq.org/spec/32; 32 bytes are 40 characters).
// Decoding takes exactly what encoding writes: another alphabet, another length, or left-over bits
// that are not zero are nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace foretide {

std::string base64url_encoded(std::string_view bytes);
std::optional<std::string> base64url_decoded(std::string_view text);

// The length must be a multiple of four (bytes) or five (text).
std::optional<std::string> z85_encoded(std::string_view bytes);
std::optional<std::string> z85_decoded(std::string_view text);

}  // namespace foretide
