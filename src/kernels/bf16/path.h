#pragma once

#include <cstdint>
#include <span>

#include "kernels/bf16/layout.h"

namespace nudge::kernels::bf16 {

/// A matrix of floats, one row after another: element (i, j) at data[i * ld + j].
struct Source {
  const float* data;
  std::int64_t ld;
};

/// Where a piece of a product goes: `columns` (at most kPanelColumns) of `rows` rows that lie `ld` apart, in
/// place of what is there, or added to it.
struct Result {
  float* data;
  std::int64_t ld, rows, columns;
  bool add;
};

/// One way to multiply in bf16: the instructions of one set. Each element of a product is one chain of sums
/// over the depth, which begins at zero, whatever the number of rows; so a row depends on that row only, bit
/// for bit. Two ways add in different orders and do not agree bit for bit (docs/engine.md).
struct Path {
  const char* name;  // "amx", "avx512_bf16", "portable"

  /// Tiles of A from x [rows, depth]; and of A = x^T from x [depth, rows].
  void (*pack_rows)(Source x, std::int64_t rows, std::int64_t depth, Bits* tiles);
  void (*pack_rows_transposed)(Source x, std::int64_t rows, std::int64_t depth, Bits* tiles);
  /// One panel of B = w^T from w [columns, depth], columns <= kPanelColumns; and of B = x [depth, columns].
  void (*pack_panel)(Source w, std::int64_t columns, std::int64_t depth, Bits* panel);
  void (*pack_panel_transposed)(Source x, std::int64_t columns, std::int64_t depth, Bits* panel);
  /// The two tiles (one depth block of a panel) that hold the transpose of a block of 32 x 32 of B.
  void (*turn)(const Bits* block, Bits* turned);
  /// The rows of A, whose tiles begin at `a`, times one panel.
  void (*multiply)(const Bits* a, std::int64_t depth, const Bits* panel, const Result& result);
};

/// The ways that this processor has, the best first; the last is portable and slow.
std::span<const Path* const> paths();
/// The one in use.
const Path& path();
/// Uses another from now on, for tests: no product may be under way, and what was packed stays valid.
void use_for_test(const Path& path);

extern const Path kPortable;
#if defined(__x86_64__)
extern const Path kAvx512, kAmx;
#endif

}  // namespace nudge::kernels::bf16
