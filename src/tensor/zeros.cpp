#include "tensor/zeros.h"

#include <ATen/ops/empty.h>

#include "kernels/aligned.h"

namespace nudge {

at::Tensor streamed_zeros(std::int64_t count) {
  auto zeros = at::empty({count}, at::kFloat);
  kernels::prefer_huge_pages(zeros.mutable_data_ptr(), zeros.nbytes());
  return zeros.zero_();
}

}  // namespace nudge
