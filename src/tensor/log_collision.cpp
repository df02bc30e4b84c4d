#include "tensor/aten.h"
#include "tensor/logit_rows.h"
#include "tensor/ops.h"

namespace nudge {

at::Tensor log_collision(const at::Tensor& hidden_ND, const Weight& weight_VD, const LogitCurve& curve) {
  const at::NoGradGuard no_grad;
  return of_logit_rows(hidden_ND, weight_VD, curve, [](const at::Tensor& logits) {
    return (2 * logits).logsumexp(1) - 2 * logits.logsumexp(1);
  });
}

}  // namespace nudge
