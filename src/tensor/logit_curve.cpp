#include "tensor/logit_curve.h"

#include "tensor/aten.h"

namespace nudge {

at::Tensor LogitCurve::operator()(const at::Tensor& products) const {
  if (straight()) return products;
  return soft_cap == 0 ? products * scale : (products * (scale / soft_cap)).tanh() * soft_cap;
}

at::Tensor LogitCurve::slopes(const at::Tensor& logits) const {
  return soft_cap == 0 ? at::full_like(logits, scale) : scale * (1 - (logits / soft_cap).square());
}

}  // namespace nudge
