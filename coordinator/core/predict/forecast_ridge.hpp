// A linear forecast that learns as it goes and forgets slowly: least squares over all past steps,
// those of long ago counting less, with a pull of every weight towards zero (ridge; Hoerl and
// Kennard 1970). Where nothing was learned it answers zero, so a feature should be zero when
// nothing is to be said.
//
// With n features a step costs n * n to add and n^3 / 6 to solve.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace foretide::coordinator {

class ForgettingRidge {
 public:
  // Evidence counts half after `half_life` steps of it. `pull` is worth so many steps in which a
  // feature of size one said nothing.
  ForgettingRidge(std::size_t features, double half_life, double pull);

  void add(std::span<const double> features, double outcome);
  void solve();
  double answer(std::span<const double> features) const;

 private:
  double kept_, pull_;
  std::vector<double> squares_;  // the lower triangle of sum(x x'), by columns
  std::vector<double> products_, weights_;
};

}  // namespace foretide::coordinator
