#pragma once

#include <ATen/core/Tensor.h>

namespace nudge {

/// How a family's logits come from the product of hidden states and head: scale * product (Granite divides),
/// and then soft_cap * tanh(that / soft_cap) where soft_cap is not 0 (Gemma 2).
struct LogitCurve {
  double scale = 1;
  double soft_cap = 0;

  bool straight() const { return scale == 1 && soft_cap == 0; }
  /// The logits of products, by ATen and differentiable by autograd: for where few are computed.
  at::Tensor operator()(const at::Tensor& products) const;
  /// d logit / d product at these logits.
  at::Tensor slopes(const at::Tensor& logits) const;
};

}  // namespace nudge
