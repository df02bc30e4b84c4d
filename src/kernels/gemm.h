#pragma once

#include <cstdint>

#include "kernels/aligned.h"
#include "kernels/bf16/layout.h"
#include "kernels/precision.h"

namespace nudge::kernels {

/// Where the panels of a matrix W [N, K] lie: one after another, but for the last if it has a place of its
/// own.
struct Panels {
  std::int64_t n, k;
  const float* first;
  const float* last;  // null: behind the others
};

/// A weight matrix W [N, K] repacked into panels that the micro-kernel streams: the decode loop reads it at
/// the machine's ceiling from four rows on, where libraries that repack at each call are several times
/// slower. The products that read it compute in its precision.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  /// Packs (again) row-major W [N, K] with leading dimension `ld` (elements between rows). Reuses its memory.
  void pack(const float* w, std::int64_t n, std::int64_t k, std::int64_t ld,
            Precision precision = Precision::float32);
  /// Packs the transpose in fp32: W' [K, N] given as row-major [N, K]; for dX = dY W in the backward pass.
  void pack_transposed(const float* w, std::int64_t n, std::int64_t k, std::int64_t ld);
  /// Packs contiguous row-major W [N, K] in fp32 where it lies: its memory, which must outlive this and its
  /// copies, holds the panels from now on.
  void pack_in_place(float* w, std::int64_t n, std::int64_t k);

  std::int64_t rows() const { return n_; }
  std::int64_t columns() const { return k_; }
  Precision precision() const { return precision_; }
  /// `count` numbers of a row from `column` on.
  void read(std::int64_t row, std::int64_t column, std::int64_t count, float* numbers) const;
  /// For the products alone: the layout depends on the processor's vectors (of fp32), or is bf16/layout.h's.
  Panels panels() const;
  const bf16::Bits* bits() const { return bits_.data(); }

 private:
  void fill(const float* w, std::int64_t ld, bool transposed);

  std::int64_t n_ = 0, k_ = 0;
  Precision precision_ = Precision::float32;
  const float* place_ = nullptr;  // of others; null: in the storage
  AlignedFloats storage_;         // of all panels, or of a last one that does not fit into the place
  bf16::AlignedBits bits_;        // of all panels in bf16
};

enum class Store { replace, add };

/// y [M, N] = x [M, K] W^T, or += with Store::add. Row m of y depends on row m of x only, bit for bit: the
/// same whatever M is and whatever the number of threads. OpenMP over columns (small M) or blocks of rows
/// (large M). With W in bf16 the numbers of x are rounded to it.
void gemm(const float* x, std::int64_t m, std::int64_t ldx, const PackedMatrix& w, float* y, std::int64_t ldy,
          Store store = Store::replace);

/// dx [M, K] = dy [M, N] W: what the input of y = x W^T gets, from the same panels, which are turned a block
/// at a time. Each element is one chain of multiply-adds in the order of N. OpenMP over blocks of dx.
void gemm_backward(const float* dy, std::int64_t m, std::int64_t lddy, const PackedMatrix& w, float* dx,
                   std::int64_t lddx);

}  // namespace nudge::kernels
