// What a program can check of the rules by which this code is written. Each rule is a function from
// one file to what it finds there; CONTRIBUTING.md gives the reasons. A rule that has to speak of a
// forbidden word puts it together from pieces, so that the rules may be checked against their own
// text.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source_file.hpp"

namespace foretide::tidy {

struct Finding {
  std::string path;
  int line = 0;  // 0: the file as a whole
  std::string what;
  friend bool operator==(const Finding&, const Finding&) = default;
};

inline constexpr int kLinesMost = 450;  // of a source file
inline constexpr int kTestLinesMost =
    600;  // of one under tests, where tables and stories take room
inline constexpr int kColumnsMost = 100;

// Under core/: the standard library but for threads, streams of files and the like; Eigen in files
// named forecast_*.cpp; nothing from an io/ folder.
std::vector<Finding> impure_includes(const SourceFile& file);
// Under core/: no clock, environment or chance is read, nothing is printed.
std::vector<Finding> impure_calls(const SourceFile& file);
// The programs meet in common/. deploy/cli and tests may include any core/ besides, tests also
// deploy/, tests/unit/PART all of PART, and tests/fuzz what parses HTTP.
std::vector<Finding> foreign_includes(const SourceFile& file);
// A library that is wrapped is included where it is wrapped, and nowhere else.
std::vector<Finding> libraries_past_their_door(const SourceFile& file);
std::vector<Finding> headers_without_prose(const SourceFile& file);
std::vector<Finding> headers_without_guard(const SourceFile& file);
std::vector<Finding> overlong_files(const SourceFile& file);
// clang-format keeps code within its columns, and leaves comments as they are.
std::vector<Finding> wide_comments(const SourceFile& file);
// util, helper, manager and their like name no idea.
std::vector<Finding> drawers(const SourceFile& file);
std::vector<Finding> leftover_marks(const SourceFile& file);
// Paths of one machine, and hosts of package registries, which every machine names for itself.
std::vector<Finding> places(const SourceFile& file);

struct Rule {
  std::string_view name;
  std::vector<Finding> (*findings)(const SourceFile&);
  friend std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << rule.name; }
};
const std::vector<Rule>& all_rules();

}  // namespace foretide::tidy
