#pragma once

#include "tensor/aten.h"

namespace nudge {

/// Binary classifier optimisation (Jung et al. 2024, eq. 8): with the reward beta x of each completion,
/// -logsigmoid(beta x - delta) for a desirable one, -logsigmoid(delta - beta x) for another. `delta` is the
/// reward shift, the mean of all rewards seen so far (RunningMean). ratio [B], desirable [B] bool -> [B].
inline at::Tensor bco(const at::Tensor& ratio, const at::Tensor& desirable, double beta, double delta) {
  const auto z = beta * ratio - delta;
  return -at::log_sigmoid(at::where(desirable, z, -z));
}

/// The mean of everything added so far.
struct RunningMean {
  double mean = 0, count = 0;

  void add(const at::Tensor& values) {
    const auto more = static_cast<double>(values.numel());
    if (more == 0) return;
    count += more;
    mean += (values.mean(at::kDouble).item<double>() - mean) * more / count;
  }
};

}  // namespace nudge
