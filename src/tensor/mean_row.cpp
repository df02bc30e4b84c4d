#include "tensor/mean_row.h"

#include <ATen/ops/empty.h>

#include <vector>

namespace nudge {

at::Tensor mean_row(const Weight& w_VD) {
  const std::int64_t rows = w_VD.size(0), width = w_VD.size(1);
  const at::Tensor mean_1D = at::empty({1, width}, at::kFloat);
  std::vector<double> sums(static_cast<std::size_t>(width));
  std::vector<float> row(sums.size());
  for (std::int64_t v = 0; v < rows; ++v) {
    w_VD.copy_row(v, row.data());
    for (std::int64_t d = 0; d < width; ++d) sums[d] += row[d];
  }
  for (std::int64_t d = 0; d < width; ++d)
    mean_1D.data_ptr<float>()[d] = static_cast<float>(sums[d] / static_cast<double>(rows));
  return mean_1D;
}

}  // namespace nudge
