#include <algorithm>

#include "tensor/aten.h"
#include "tensor/ops.h"

namespace nudge {

at::Tensor log_collision(const at::Tensor& hidden_ND, const Weight& weight_VD, const LogitCurve& curve) {
  const at::NoGradGuard no_grad;
  constexpr std::int64_t elements = 1 << 20;  // 4 MiB of logits
  const std::int64_t rows = std::max<std::int64_t>(16, elements / weight_VD.size(0));
  const at::Tensor result = at::empty({hidden_ND.size(0)}, hidden_ND.options());
  for (std::int64_t first = 0; first < hidden_ND.size(0); first += rows) {
    const std::int64_t count = std::min(rows, hidden_ND.size(0) - first);
    const at::Tensor logits = curve(nudge::linear(hidden_ND.narrow(0, first, count), weight_VD));
    result.narrow(0, first, count).copy_((2 * logits).logsumexp(1) - 2 * logits.logsumexp(1));
  }
  return result;
}

}  // namespace nudge
