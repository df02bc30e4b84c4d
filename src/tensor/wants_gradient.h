#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include "base/error.h"

namespace nudge {

/// True when an operation on these tensors must keep what its backward pass needs.
template <class... Tensors>
bool wants_gradient(const Tensors&... inputs) {
  return at::GradMode::is_enabled() && (inputs.requires_grad() || ...);
}

/// Elements of a contiguous fp32 tensor.
inline const float* data(const at::Tensor& x) {
  return x.const_data_ptr<float>();
}
inline float* mutable_data(at::Tensor& x) {
  return x.mutable_data_ptr<float>();
}

}  // namespace nudge
