#include "tensor/logit_rows.h"

#include <algorithm>

#include "tensor/aten.h"
#include "tensor/ops.h"

namespace nudge {

at::Tensor of_logit_rows(const at::Tensor& hidden_ND, const Weight& head_VD, const LogitCurve& curve,
                         const std::function<at::Tensor(const at::Tensor& logits)>& numbers_of) {
  constexpr std::int64_t elements = 1 << 20;  // 4 MiB of logits
  const std::int64_t rows = std::max<std::int64_t>(16, elements / head_VD.size(0));
  const at::Tensor numbers_N = at::empty({hidden_ND.size(0)}, hidden_ND.options());
  for (std::int64_t first = 0; first < hidden_ND.size(0); first += rows) {
    const std::int64_t count = std::min(rows, hidden_ND.size(0) - first);
    const at::Tensor logits = curve(nudge::linear(hidden_ND.narrow(0, first, count), head_VD));
    numbers_N.narrow(0, first, count).copy_(numbers_of(logits));
  }
  return numbers_N;
}

}  // namespace nudge
