#pragma once

#include <cmath>

#include "tensor/aten.h"

namespace nudge {

/// Raters who answer at random with probability `rate`, all `outcomes` alike (Christiano et al. 2017, 2.2.3:
/// 10 %): log((1 - rate) p + rate / outcomes) from log p, without leaving the log where p is tiny. A label
/// that the scores call impossible then costs a bounded loss, and its gradient vanishes.
inline at::Tensor with_rater_noise(const at::Tensor& log_p, double rate, int outcomes) {
  if (rate == 0) return log_p;
  return at::logaddexp(log_p + std::log1p(-rate), at::full_like(log_p, std::log(rate / outcomes)));
}

}  // namespace nudge
