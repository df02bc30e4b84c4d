#include "tensor/mean_logits.h"

#include "tensor/aten.h"
#include "tensor/logit_rows.h"
#include "tensor/mean_row.h"
#include "tensor/ops.h"

namespace nudge {

at::Tensor mean_logits(const at::Tensor& hidden_ND, const Weight& head_VD, const LogitCurve& curve) {
  const at::NoGradGuard no_grad;
  if (curve.soft_cap == 0) return nudge::linear(hidden_ND, mean_row(head_VD)).squeeze(1) * curve.scale;
  return of_logit_rows(hidden_ND, head_VD, curve,
                       [](const at::Tensor& logits) { return logits.mean(1, false, at::kDouble); });
}

}  // namespace nudge
