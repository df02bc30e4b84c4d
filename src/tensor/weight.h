#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "kernels/gemm.h"

namespace torch::autograd {
struct AutogradContext;
}

namespace nudge {

/// A weight: a matrix [N, K] or a vector. What a learner updates is numbers row by row. A frozen matrix lies
/// in memory once, in the panels that the products of training, scoring and decoding read alike. A handle:
/// copies share the numbers. Frozen ones are safe to read from many threads.
class Weight {
 public:
  Weight() = default;                  // undefined
  Weight(const at::Tensor& numbers) {  // NOLINT(google-explicit-constructor): a tensor is a weight
    if (numbers.defined()) numbers_ = numbers.contiguous();
  }
  /// Turns contiguous fp32 numbers into panels where they lie, if they are a matrix: no tensor that shared
  /// them has them any more. No copy is made, but for the rows (at most 47) that fill no whole vector.
  static Weight freeze(const at::Tensor& numbers);

  bool defined() const { return numbers_.defined(); }
  at::IntArrayRef sizes() const { return numbers_.sizes(); }
  std::int64_t size(std::int64_t dimension) const { return numbers_.size(dimension); }
  std::int64_t numel() const { return numbers_.numel(); }
  bool in_panels() const { return panels_ != nullptr; }
  bool shares(const Weight& other) const {
    return numbers_.const_data_ptr() == other.numbers_.const_data_ptr();
  }

  /// The numbers in their shape; of panels a copy, which is large: for files and for looking at.
  at::Tensor numbers() const;
  /// The tensor that gradients go to, for autograd to see; an empty one of panels.
  at::Tensor learnt() const;
  bool requires_grad() const { return numbers_.requires_grad(); }
  /// One number of all, in the order of rows.
  float number(std::int64_t index) const;
  /// One row of a matrix, [K].
  void copy_row(std::int64_t row, float* numbers) const;

  /// The panels of a matrix: its own, or those of its numbers now, in `memory`.
  const kernels::PackedMatrix& packed(kernels::PackedMatrix& memory) const;
  /// Its own, or those packed before.
  const kernels::PackedMatrix& panels_or(const kernels::PackedMatrix& packed) const {
    return in_panels() ? *panels_ : packed;
  }

  /// For an autograd function, which saves tensors: puts panels aside under a name, and gives the tensor to
  /// save ...
  at::Tensor save(torch::autograd::AutogradContext& context, const char* name) const;
  /// ... and the weight again.
  static Weight saved(const torch::autograd::AutogradContext& context, const char* name,
                      const at::Tensor& saved);

 private:
  at::Tensor numbers_;  // of panels, the memory in which they lie
  std::shared_ptr<const kernels::PackedMatrix> panels_;
};

}  // namespace nudge
