#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/weight.h"

namespace nudge {

/// Where the backward pass of an operation in bf16 adds the gradient of learnt numbers at once: their own
/// gradient, where it is there. Undefined otherwise: the pass returns a gradient, which autograd adds,
/// reading and writing the memory of all numbers twice more. In fp32 that is how it always goes, for it keeps
/// the order of the sums, and with it the bits of earlier runs.
inline at::Tensor leaf_gradient(const at::Tensor& learnt, Precision precision) {
  if (precision == Precision::float32 || !learnt.defined() || !learnt.is_leaf()) return {};
  const at::Tensor& own = learnt.grad();
  return own.defined() && own.is_contiguous() ? own : at::Tensor();
}

}  // namespace nudge
