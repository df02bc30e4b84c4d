#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "kernels/bf16/layout.h"

namespace nudge::kernels::bf16 {

/// A matrix of floats, one row after another: element (i, j) at data[i * ld + j].
struct Source {
  const float* data;
  std::int64_t ld;
};

/// What becomes of the numbers where a product goes: they are replaced; the whole product is added to them;
/// or its sums begin at them, as if the depth had begun earlier.
enum class Into { replace, add, go_on };

/// Where a product goes: `columns` of `rows` rows that lie `ld` apart.
struct Result {
  float* data;
  std::int64_t ld, rows, columns;
  Into into;
};

/// One way to multiply in bf16: the instructions of one set. Each element of a product is one chain of sums
/// over the depth, whatever the number of rows; so a row depends on that row only, bit
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
  /// The rows of A, whose tiles begin at `a`, times the panels of the result's columns, which lie `stride`
  /// apart.
  void (*multiply)(const Bits* a, std::int64_t depth, const Bits* panels, std::int64_t stride,
                   const Result& result);
};

/// The ways that this processor has, the best first; the last is portable and slow.
std::span<const Path* const> paths();
/// The one in use.
const Path& path();
/// Uses another from now on: no product may be under way. What was packed stays valid.
void use(const Path& path);

/// Calls body(panel, result) for each panel of a product, with its columns of the result.
template <class Body>
void for_each_panel(const Bits* panels, std::int64_t stride, const Result& c, const Body& body) {
  for (std::int64_t column = 0; column < c.columns; column += kPanelColumns, panels += stride)
    body(panels, Result{c.data + column, c.ld, c.rows, std::min(kPanelColumns, c.columns - column), c.into});
}

/// All panels of B = w^T from w [columns, depth], one after another.
inline void pack_panels(Source w, std::int64_t columns, std::int64_t depth, Bits* packed) {
  for (std::int64_t column = 0; column < columns; column += kPanelColumns, packed += panel_size(depth))
    path().pack_panel({w.data + column * w.ld, w.ld}, std::min(kPanelColumns, columns - column), depth,
                      packed);
}
/// All panels of B = x [depth, columns], `stride` apart.
inline void pack_panels_transposed(Source x, std::int64_t columns, std::int64_t depth, std::int64_t stride,
                                   Bits* packed) {
  for (std::int64_t column = 0; column < columns; column += kPanelColumns, packed += stride)
    path().pack_panel_transposed({x.data + column, x.ld}, std::min(kPanelColumns, columns - column), depth,
                                 packed);
}

extern const Path kPortable;
#if defined(__x86_64__)
extern const Path kAvx512, kAmx;
#endif

}  // namespace nudge::kernels::bf16
