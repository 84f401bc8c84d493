#include "coordinator/core/predict/forecast_ridge.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cmath>

namespace foretide::coordinator {
namespace {

Eigen::Index index_of(std::size_t size) {
  return static_cast<Eigen::Index>(size);
}

}  // namespace

ForgettingRidge::ForgettingRidge(std::size_t features, double half_life, double pull)
    : kept_(std::pow(0.5, 1.0 / half_life)),
      pull_(pull),
      squares_(features * features),
      products_(features),
      weights_(features) {}

void ForgettingRidge::add(std::span<const double> features, double outcome) {
  const Eigen::Index n = index_of(features.size());
  const Eigen::Map<const Eigen::VectorXd> x(features.data(), n);
  Eigen::Map<Eigen::MatrixXd> squares(squares_.data(), n, n);
  Eigen::Map<Eigen::VectorXd> products(products_.data(), n);
  squares *= kept_;
  squares.selfadjointView<Eigen::Lower>().rankUpdate(x);
  products = kept_ * products + outcome * x;
}

// w = (sum(x x') + pull I)^-1 sum(x y)
void ForgettingRidge::solve() {
  const Eigen::Index n = index_of(products_.size());
  Eigen::MatrixXd regular = Eigen::Map<const Eigen::MatrixXd>(squares_.data(), n, n);
  regular.diagonal().array() += pull_;
  const Eigen::LLT<Eigen::MatrixXd, Eigen::Lower> factors(regular);
  Eigen::Map<Eigen::VectorXd>(weights_.data(), n) =
      factors.solve(Eigen::Map<const Eigen::VectorXd>(products_.data(), n));
}

double ForgettingRidge::answer(std::span<const double> features) const {
  const Eigen::Index n = index_of(features.size());
  return Eigen::Map<const Eigen::VectorXd>(features.data(), n)
      .dot(Eigen::Map<const Eigen::VectorXd>(weights_.data(), n));
}

}  // namespace foretide::coordinator
