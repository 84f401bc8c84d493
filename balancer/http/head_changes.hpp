// What a service's settings change of a head on its way: the path's prefix, fields removed, fields
// set. Works on a head that was written already (head_writer.hpp): only services that ask for
// changes pay for them.
//
// Framing, Host and what concerns one connection are not for changing: the settings' reader refuses
// their names.
#pragma once

#include <cstddef>

#include "balancer/http/head_writer.hpp"
#include "common/wire/messages.hpp"

namespace foretide::balancer {

// Strips and adds the prefix of a request's path. The start line is what stands before
// `fields_begin`; answers where the fields begin then. A path that does not begin with the prefix
// to strip stays; one that is nothing but the prefix becomes "/".
std::size_t change_path(const wire::HeadChanges& changes, std::size_t fields_begin,
                        HeadWriter& head);

// Removes and sets fields of a head whose final empty line is not written yet.
void change_fields(const wire::HeadChanges& changes, std::size_t fields_begin, HeadWriter& head);

}  // namespace foretide::balancer
