#pragma once

#include "tensor/aten.h"

namespace nudge {

/// AlphaPO's reward (Gupta et al. 2025, eq. 5) in place of the log-prob x = log p: (1 - p^-alpha) / alpha;
/// alpha = 0 is x itself.
inline at::Tensor alpha_reward(const at::Tensor& x, double alpha) {
  return alpha == 0 ? x : -at::expm1(-alpha * x) / alpha;
}

}  // namespace nudge
