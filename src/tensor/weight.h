#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>

#include "kernels/gemm.h"

namespace torch::autograd {
struct AutogradContext;
}

namespace nudge {

using kernels::Precision;

/// A weight: a matrix [N, K] or a vector. What a learner updates is fp32 numbers row by row; the products
/// with a matrix may take them rounded to bf16, packed once for each update. A frozen matrix lies in memory
/// once, in the panels that the products of training, scoring and decoding read alike. A handle: copies share
/// the numbers and what is packed of them. Frozen ones are safe to read from many threads.
class Weight {
 public:
  Weight() = default;                                // undefined
  Weight(const at::Tensor& numbers,                  // NOLINT(google-explicit-constructor): a tensor is a
         Precision precision = Precision::float32);  // weight
  /// A matrix in panels. In fp32, contiguous numbers are turned where they lie: no tensor that shared them
  /// has them any more, and no copy is made but for the rows (at most 47) that fill no whole vector. In bf16
  /// the panels are a copy of half the size, and the numbers stay whosever they are. A vector stays as it is.
  static Weight freeze(const at::Tensor& numbers, Precision precision = Precision::float32);

  bool defined() const { return in_panels() || numbers_.defined(); }
  at::IntArrayRef sizes() const { return in_panels() ? at::IntArrayRef(shape_) : numbers_.sizes(); }
  std::int64_t size(std::int64_t dimension) const { return sizes()[dimension]; }
  std::int64_t numel() const { return in_panels() ? shape_[0] * shape_[1] : numbers_.numel(); }
  bool in_panels() const { return panels_ != nullptr; }
  /// Whether it has panels of its own, of a base or of learned numbers in bf16: products need no others.
  bool keeps_panels() const { return panels_ || rounded_; }
  /// What products with it multiply.
  Precision precision() const { return precision_; }
  bool shares(const Weight& other) const {
    return (panels_ && panels_ == other.panels_) ||
           (numbers_.defined() && other.numbers_.defined() &&
            numbers_.const_data_ptr() == other.numbers_.const_data_ptr());
  }

  /// The numbers in their shape; of panels a copy, which is large: for files and for looking at.
  at::Tensor numbers() const;
  /// The tensor that gradients go to, for autograd to see; an empty one of panels.
  at::Tensor learnt() const;
  bool requires_grad() const { return numbers_.defined() && numbers_.requires_grad(); }
  /// One number of all, in the order of rows.
  float number(std::int64_t index) const;
  /// One row of a matrix, [K].
  void copy_row(std::int64_t row, float* numbers) const;

  /// The panels of a matrix: its own, or those of its numbers now, in `memory` or (bf16) beside the numbers.
  const kernels::PackedMatrix& packed(kernels::PackedMatrix& memory) const;
  /// Its own, or those packed before.
  const kernels::PackedMatrix& panels_or(const kernels::PackedMatrix& packed) const;

  /// For an autograd function, which saves tensors: puts what is no tensor aside under a name, and gives the
  /// tensor to save ...
  at::Tensor save(torch::autograd::AutogradContext& context, const char* name) const;
  /// ... and the weight again.
  static Weight saved(const torch::autograd::AutogradContext& context, const char* name,
                      const at::Tensor& saved);

 private:
  struct Rounded;  // the panels of learned numbers in bf16

  at::Tensor numbers_;  // of panels in fp32, the memory in which they lie; of panels in bf16, undefined
  std::shared_ptr<const kernels::PackedMatrix> panels_;
  std::array<std::int64_t, 2> shape_{};  // of panels
  Precision precision_ = Precision::float32;
  std::shared_ptr<Rounded> rounded_;
};

}  // namespace nudge
