#pragma once

#include <cstdint>

#include "kernels/aligned.h"

namespace nudge::kernels {

/// A weight matrix W [N, K] repacked into panels that the micro-kernel streams: the decode loop reads it at
/// the machine's ceiling from four rows on, where libraries that repack at each call are several times
/// slower.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  /// Packs (again) row-major W [N, K] with leading dimension `ld` (elements between rows). Reuses its memory.
  void pack(const float* w, std::int64_t n, std::int64_t k, std::int64_t ld);
  /// Packs the transpose: W' [K, N] given as row-major [N, K]; for dX = dY W in the backward pass.
  void pack_transposed(const float* w, std::int64_t n, std::int64_t k, std::int64_t ld);

  std::int64_t rows() const { return n_; }
  std::int64_t columns() const { return k_; }
  /// For gemm alone: the layout depends on the processor's vectors.
  const float* panels() const { return storage_.data(); }

 private:
  void fill(const float* w, std::int64_t ld, bool transposed);

  std::int64_t n_ = 0, k_ = 0;
  AlignedFloats storage_;
};

enum class Store { replace, add };

/// y [M, N] = x [M, K] W^T, or += with Store::add. Row m of y depends on row m of x only, bit for bit: the
/// same whatever M is and whatever the number of threads. OpenMP over columns (small M) or blocks of rows
/// (large M).
void gemm(const float* x, std::int64_t m, std::int64_t ldx, const PackedMatrix& w, float* y, std::int64_t ldy,
          Store store = Store::replace);

}  // namespace nudge::kernels
