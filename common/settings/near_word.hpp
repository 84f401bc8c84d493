// The word that somebody probably meant: "comand" -> "command".
//
// Counts the letters to insert, drop, change or swap (optimal string alignment). Up to two such
// slips are forgiven, one in words of four letters or fewer, and of several equally near words none
// is guessed.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace foretide::settings {

std::optional<std::string_view> near_word(std::string_view written,
                                          std::span<const std::string_view> known);

}  // namespace foretide::settings
