// Secrets in files: a program's CURVE secret key, the admin token. Written with mode 0600; one that
// its group or others may read is refused, because it must be taken for known by now.
#pragma once

#include <string>

#include "common/io/zmq_channel.hpp"
#include "common/result.hpp"

namespace foretide {

// One line of text, without the line's end.
Result<std::string> read_secret(const std::string& path);
Outcome write_secret(const std::string& path, const std::string& text);

// A secret key in Z85; reading gives the pair.
Result<KeyPair> read_key_file(const std::string& path);
Outcome write_key_file(const std::string& path, const std::string& secret_key);
// Reads the file, or makes a key and the file when there is none.
Result<KeyPair> read_or_make_key_file(const std::string& path);

// 256 random bits as text, for tokens.
std::string random_token();
// The same for secrets in files: reads it, or makes it when there is none.
Result<std::string> read_or_make_token(const std::string& path);

}  // namespace foretide
