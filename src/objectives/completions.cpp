#include "objectives/completions.h"

#include <vector>

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {

Completions::Completions(std::span<const std::int64_t> lengths) {
  std::vector<std::int64_t> of;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    of.insert(of.end(), static_cast<std::size_t>(lengths[i]), static_cast<std::int64_t>(i));
    filled_ += lengths[i] > 0;
  }
  of_N_ = at::tensor(of, at::kLong);
  lengths_B_ = at::tensor(std::vector<std::int64_t>(lengths.begin(), lengths.end()), at::kLong);
}

at::Tensor Completions::sums(const at::Tensor& values_N) const {
  require(values_N.numel() == tokens(), "Expected one value for each of {} completion tokens, but got {}.",
          tokens(), values_N.numel());
  return at::zeros({size()}, values_N.options()).index_add(0, of_N_, values_N);
}

at::Tensor Completions::means(const at::Tensor& values_N) const {
  return sums(values_N) / lengths_B_.clamp_min(1);
}

at::Tensor Completions::spread(const at::Tensor& values_B) const {
  return values_B.index_select(0, of_N_);
}

}  // namespace nudge
