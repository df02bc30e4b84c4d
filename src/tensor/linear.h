#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "tensor/weight.h"

namespace nudge {

/// A low-rank term of a linear layer (LoRA, Hu et al. 2021): scale (x A^T) B^T, added to some of its rows.
struct LowRank {
  Weight a_RK, b_NR;
  std::int64_t row = 0;  // the first of the N rows that it adds to
  double scale = 1;
};

/// y = x W^T + b, and the low-rank terms: the one place that multiplies in training, and what the engine
/// decodes with. Holds views of weights that belong to Parameters or Weights.
struct Linear {
  Weight weight_NK;
  at::Tensor bias_N;              // undefined: none
  std::vector<LowRank> adapters;  // in the order of their rows, which do not overlap

  /// x [T, K] -> [T, N].
  at::Tensor operator()(const at::Tensor& x_TK) const;

  /// W with the low-rank terms added [N, K]; a copy where there are any, or W lies in panels.
  at::Tensor merged() const;

 private:
  /// What the adapters add: theirs side by side [T, N], zeros where there is none.
  at::Tensor low_rank_terms(const at::Tensor& x_TK) const;
};

/// dy [T, N] W -> [T, K]: the gradient of x in y = x W^T. No gradient of its own.
at::Tensor input_gradient(const at::Tensor& dy, const Weight& w);

}  // namespace nudge
