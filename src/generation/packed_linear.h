#pragma once

#include <cstdint>
#include <vector>

#include "kernels/aligned.h"
#include "kernels/gemm.h"
#include "model/norm.h"
#include "tensor/linear.h"

namespace nudge {

/// A Linear for decoding: its weight in the panels that the kernels stream (a frozen base's own, else packed
/// here), its low-rank terms apart. The one place of the engine that multiplies. Keeps views of the weights;
/// `refresh` after they changed.
class PackedLinear {
 public:
  PackedLinear() = default;
  explicit PackedLinear(const Linear& linear) : linear_(linear), terms_(linear.adapters.size()) { refresh(); }

  /// Packs what may have changed: all but a frozen weight.
  void refresh();

  /// What it multiplies by: of a frozen weight, the panels of the base itself.
  const kernels::PackedMatrix& panels() const { return linear_.weight_NK.panels_or(memory_); }

  std::int64_t rows() const { return linear_.weight_NK.size(0); }
  std::int64_t columns() const { return linear_.weight_NK.size(1); }

  /// Whether it has neither a bias nor low-rank terms.
  bool one_product() const { return terms_.empty() && !linear_.bias_N.defined(); }

  /// y [M, N] = x [M, K] W^T + b + low-rank terms, or += with Store::add; leading dimensions as in
  /// kernels::gemm. A row of y depends on its row of x only, bit for bit.
  void operator()(const float* x, std::int64_t m, std::int64_t ldx, float* y, std::int64_t ldy,
                  kernels::Store store = kernels::Store::replace) const;

 private:
  struct Term {
    kernels::PackedMatrix a, b;  // of adapters that have no panels themselves
  };

  Linear linear_;
  kernels::PackedMatrix memory_;  // of panels that the weight has not itself
  std::vector<Term> terms_;
};

/// A Norm for decoding.
class PackedNorm {
 public:
  PackedNorm() = default;
  explicit PackedNorm(const Norm& norm) : norm_(norm) { refresh(); }

  void refresh();

  bool absent() const { return norm_.absent(); }
  std::int64_t width() const { return gain_D_.numel(); }
  /// Normalises rows [rows, width of the weight], written to y (which may be x). An absent one must not be
  /// asked.
  void operator()(const float* x, std::int64_t rows, float* y) const;
  /// In place, each run of width() of the first `columns` of rows that lie `ld` apart: heads, of one or of
  /// all of which the norm has the width.
  void heads(float* x, std::int64_t rows, std::int64_t columns, std::int64_t ld) const;

 private:
  Norm norm_;
  at::Tensor gain_D_;
};

}  // namespace nudge
