#pragma once

#include <ATen/core/Tensor.h>

#include "base/metrics.h"

namespace nudge {

/// A loss is a sum and a count, divided once, globally: over micro-batches, accumulation and processes. So
/// the same batch cut 1x8, 2x4 or 8x1 gives the same gradient.
struct LossSum {
  at::Tensor sum;      // scalar, differentiable
  double count = 0;    // of what it sums over: tokens, pairs, sequences
  MetricSums metrics;  // further sums to report, not differentiated
};

}  // namespace nudge
