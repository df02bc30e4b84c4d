#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace nudge {

/// Which of the N completion tokens of a batch, laid end to end, belong to which of its B completions.
class Completions {
 public:
  /// `lengths`: tokens of each completion, 0 allowed.
  explicit Completions(std::span<const std::int64_t> lengths);

  std::int64_t tokens() const { return of_N_.numel(); }
  std::int64_t size() const { return lengths_B_.numel(); }
  /// Completions with at least one token.
  std::int64_t filled() const { return filled_; }

  /// Sums and means over each completion's tokens [B] (0 for an empty one), differentiable.
  at::Tensor sums(const at::Tensor& values_N) const;
  at::Tensor means(const at::Tensor& values_N) const;
  /// Each completion's value at each of its tokens: [B] -> [N], differentiable.
  at::Tensor spread(const at::Tensor& values_B) const;

 private:
  at::Tensor of_N_;       // int64: the completion of each token
  at::Tensor lengths_B_;  // int64
  std::int64_t filled_ = 0;
};

}  // namespace nudge
