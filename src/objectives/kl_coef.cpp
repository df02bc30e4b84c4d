#include "objectives/kl_coef.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nudge {

double next_kl_coef(double coefficient, double kl, double completions, const KlCoefOptions& options) {
  if (!options.target) return coefficient;
  require(*options.target > 0 && options.horizon > 0,
          "An adaptive KL coefficient needs a positive target and horizon, but got target {} and horizon {}.",
          *options.target, options.horizon);
  require(std::isfinite(kl),
          "The adaptive KL coefficient cannot follow a KL of {}; lower the learning rate or raise the "
          "coefficient.",
          kl);
  const double error = std::clamp(kl / *options.target - 1, -0.2, 0.2);
  return coefficient * (1 + error * completions / options.horizon);
}

}  // namespace nudge
