#include "tensor/mean_logits.h"

#include <algorithm>

#include "tensor/aten.h"
#include "tensor/mean_row.h"
#include "tensor/ops.h"

namespace nudge {
namespace {

at::Tensor means_of_capped(const at::Tensor& hidden_ND, const Weight& head_VD, const LogitCurve& curve) {
  constexpr std::int64_t elements = 1 << 20;  // 4 MiB of logits
  const std::int64_t rows = std::max<std::int64_t>(16, elements / head_VD.size(0));
  const at::Tensor means_N = at::empty({hidden_ND.size(0)}, hidden_ND.options());
  for (std::int64_t first = 0; first < hidden_ND.size(0); first += rows) {
    const std::int64_t count = std::min(rows, hidden_ND.size(0) - first);
    const at::Tensor logits = curve(nudge::linear(hidden_ND.narrow(0, first, count), head_VD));
    means_N.narrow(0, first, count).copy_(logits.mean(1, false, at::kDouble));
  }
  return means_N;
}

}  // namespace

at::Tensor mean_logits(const at::Tensor& hidden_ND, const Weight& head_VD, const LogitCurve& curve) {
  const at::NoGradGuard no_grad;
  if (curve.soft_cap != 0) return means_of_capped(hidden_ND, head_VD, curve);
  return nudge::linear(hidden_ND, mean_row(head_VD)).squeeze(1) * curve.scale;
}

}  // namespace nudge
