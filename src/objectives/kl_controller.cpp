#include "objectives/kl_controller.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nudge {

KlController KlController::fixed(double coefficient) {
  return KlController(coefficient, 0, 0);
}

KlController KlController::adaptive(double initial, double target, double horizon) {
  require(target > 0 && horizon > 0,
          "An adaptive KL coefficient needs a positive target and horizon, but got target {} and horizon {}.",
          target, horizon);
  return KlController(initial, target, horizon);
}

void KlController::update(double mean_sequence_kl, double sequences) {
  if (horizon_ == 0) return;
  require(std::isfinite(mean_sequence_kl),
          "The adaptive KL coefficient cannot follow a KL of {}; lower the learning rate or raise the "
          "coefficient.",
          mean_sequence_kl);
  const double error = std::clamp(mean_sequence_kl / target_ - 1, -0.2, 0.2);
  coefficient_ *= 1 + error * sequences / horizon_;
}

}  // namespace nudge
