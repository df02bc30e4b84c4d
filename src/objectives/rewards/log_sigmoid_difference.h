#pragma once

#include "tensor/aten.h"

namespace nudge {

/// log(sigma(b + width) - sigma(b)) for width > 0, the probability of an interval of the logistic
/// distribution: log sigma(b + width) + log sigma(-b) + log(1 - exp(-width)). No two near numbers are
/// subtracted.
inline at::Tensor log_sigmoid_difference(const at::Tensor& b, const at::Tensor& width) {
  return at::log_sigmoid(b + width) + at::log_sigmoid(-b) + at::log(-at::expm1(-width));
}

}  // namespace nudge
