#include "model/norm.h"

#include "tensor/aten.h"
#include "tensor/ops.h"

namespace nudge {

at::Tensor Norm::gain_D() const {
  return offset == 0 ? weight_D : weight_D + offset;
}

at::Tensor Norm::operator()(const at::Tensor& x_TD) const {
  if (absent()) return x_TD;
  return kind == NormKind::layer ? layer_norm(x_TD, gain_D(), bias_D, epsilon)
                                 : rms_norm(x_TD, gain_D(), epsilon);
}

}  // namespace nudge
