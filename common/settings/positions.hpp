// Where something stands in a settings file, and the list of everything that is wrong with that
// file.
//
// A person who mends a file wants all of its faults at once and in the order in which the eye meets
// them, so problems are collected in whatever order the checks run and told sorted:
// "cluster.yaml:7:5: what, hint", one line each. Lines and columns count from 1, columns in
// characters (not bytes). At most 100 problems are told; a file with more is likely not a settings
// file at all.
#pragma once

#include <compare>
#include <string>
#include <vector>

namespace foretide::settings {

struct Position {
  int line = 1;
  int column = 1;
  friend auto operator<=>(const Position&, const Position&) = default;
};

class Problems {
 public:
  void add(Position at, std::string what);
  bool empty() const { return problems_.empty(); }
  std::string text(const std::string& file) const;  // one line a problem, no newline at the end

 private:
  struct Problem {
    Position at;
    std::string what;
  };
  std::vector<Problem> problems_;
};

}  // namespace foretide::settings
