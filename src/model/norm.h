#pragma once

#include <ATen/core/Tensor.h>

#include "model/family.h"

namespace nudge {

/// A normalisation over the last dimension, of a family's kind. One without a weight gives back what it is
/// given: a place where the family has none.
struct Norm {
  at::Tensor weight_D, bias_D;  // the bias of NormKind::layer only
  NormKind kind = NormKind::rms;
  double epsilon = 0;
  double offset = 0;  // added to the weight

  bool absent() const { return !weight_D.defined(); }
  /// What multiplies the normalised numbers: the weight and the offset [D].
  at::Tensor gain_D() const;
  /// x [T, D] -> [T, D].
  at::Tensor operator()(const at::Tensor& x_TD) const;
};

}  // namespace nudge
