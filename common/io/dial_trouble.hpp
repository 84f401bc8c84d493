// Why a TCP connection to an address does not come about, in words: libzmq only says that it did
// not. It tries once itself, for a quarter of a second at most, and names what the kernel answered.
// A host name that is no literal address is not looked up, since that may take long.
#pragma once

#include <string>

#include "common/address.hpp"

namespace foretide {

std::string dial_trouble(const Address& address);

}  // namespace foretide
