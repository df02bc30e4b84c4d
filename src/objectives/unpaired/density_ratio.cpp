#include "objectives/unpaired/density_ratio.h"

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

// The intercept is the last of the D + 1 parameters, the one that is not penalised.
at::Tensor with_ones(const at::Tensor& x_ND) {
  const at::Tensor x = x_ND.to(at::kDouble);
  return at::cat({x, at::ones({x.size(0), 1}, x.options())}, 1);
}

struct Problem {
  at::Tensor x, positive, weights, penalty;  // [N, D + 1], [N], [N], [D + 1]; double

  double loss(const at::Tensor& parameters) const {
    const at::Tensor z = x.mv(parameters);
    const at::Tensor cross_entropy = at::softplus(z) - positive * z;
    return (weights.dot(cross_entropy) + 0.5 * penalty.dot(parameters.square())).item<double>();
  }

  // What Newton's method goes back by: Hessian^-1 gradient; and the gradient.
  std::pair<at::Tensor, at::Tensor> newton(const at::Tensor& parameters) const {
    const at::Tensor p = at::sigmoid(x.mv(parameters));
    const at::Tensor gradient = x.t().mv(weights * (p - positive)) + penalty * parameters;
    const at::Tensor curvature = (weights * p * (1 - p)).unsqueeze(1);
    const at::Tensor hessian = x.t().mm(curvature * x) + at::diag(penalty + 1e-12);
    return {at::linalg_solve(hessian, gradient), gradient};
  }
};

at::Tensor balanced(const at::Tensor& positive_N) {
  const auto total = static_cast<double>(positive_N.numel()), ones = positive_N.sum().item<double>();
  return at::where(positive_N.to(at::kBool), total / (2 * ones), total / (2 * (total - ones)))
      .to(at::kDouble);
}

}  // namespace

at::Tensor LogisticRegression::probabilities(const at::Tensor& x_ND) const {
  return at::sigmoid(x_ND.to(at::kDouble).mv(weight_D) + intercept);
}

LogisticRegression fit_logistic(const at::Tensor& x_ND, const at::Tensor& positive_N) {
  const std::int64_t features = x_ND.size(1), ones = positive_N.sum().item<std::int64_t>();
  require(ones > 0 && ones < positive_N.numel(),
          "Logistic regression needs examples of both classes, but got {} of one and {} of the other.", ones,
          positive_N.numel() - ones);
  Problem problem{with_ones(x_ND), positive_N.to(at::kDouble), balanced(positive_N),
                  at::ones({features + 1}, at::kDouble)};
  problem.penalty[features] = 0;
  at::Tensor parameters = at::zeros({features + 1}, at::kDouble);
  double loss = problem.loss(parameters);
  for (int iteration = 0; iteration < 100; ++iteration) {
    auto [step, gradient] = problem.newton(parameters);
    if (gradient.abs().max().item<double>() < 1e-9) break;
    // Halved until the loss falls, so that it converges from anywhere.
    at::Tensor next = parameters - step;
    double lower = problem.loss(next);
    for (int halving = 0; halving < 40 && !(lower < loss); ++halving) {
      step = step / 2;
      next = parameters - step;
      lower = problem.loss(next);
    }
    if (!(lower < loss)) break;  // as low as double precision goes
    parameters = next;
    loss = lower;
  }
  return {parameters.narrow(0, 0, features).clone(), parameters[features].item<double>()};
}

at::Tensor density_ratio(const at::Tensor& probability_N, double least, double most) {
  return (probability_N / (1 - probability_N + 1e-8)).clamp(least, most);
}

}  // namespace nudge
