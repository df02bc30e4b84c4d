#include "kernels/gemm_gradient.h"

#include <hwy/cache_control.h>

#include <algorithm>

#include "kernels/aligned.h"
#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm_gradient.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

/// Columns of dy are packed in groups as high as a tile, so that a tile reads them one after another.
constexpr std::int64_t kGroup = most_rows(kPanelVectors);

std::int64_t tile_rows() {
  return kGroup;
}
std::int64_t x_panel_count(std::int64_t k) {
  return panel_count(k);
}
std::int64_t x_panels_size(std::int64_t k, std::int64_t depth) {
  return panels_size(k, depth);
}

void pack_x_panel(const float* x, std::int64_t ld, std::int64_t k, std::int64_t depth, std::int64_t p,
                  float* panels) {
  copy_panel(x + p * kPanelWidth, ld, depth, panel_at(panels, p, k, depth), panels + p * kPanelWidth * depth);
}

/// Floats from one packed group of columns to the next: not a power of two, or all groups would compete for
/// the same lines of the cache.
HWY_INLINE std::int64_t group_stride(std::int64_t depth) {
  return depth * kGroup + 16;
}

HWY_INLINE void pack_columns(const float* dy, std::int64_t ld, std::int64_t columns, std::int64_t depth,
                             float* groups) {
  for (std::int64_t i = 0; i < depth; ++i) {
    const float* row = dy + i * ld;
    float* out = groups + i * kGroup;
    std::int64_t j = 0;
    for (; j + kGroup <= columns; j += kGroup)
      std::memcpy(out + j / kGroup * group_stride(depth), row + j, kGroup * sizeof(float));
    std::copy_n(row + j, columns - j, out + j / kGroup * group_stride(depth));
  }
}

/// A few rows of dw = or += the same columns of dy, transposed, times x in panels. `groups` is memory for the
/// columns of dy in packed form.
void multiply_columns(const float* dy, std::int64_t ld_dy, std::int64_t columns, std::int64_t depth,
                      const float* panels, std::int64_t k, float* dw, std::int64_t ld, bool add,
                      float* groups) {
  pack_columns(dy, ld_dy, columns, depth, groups);
  for (std::int64_t p = 0; p < panel_count(k); ++p) {
    const Panel panel = panel_at(panels, p, k, depth);
    for (std::int64_t row = 0; row < columns; row += kGroup) {
      float* to = dw + row * ld + p * kPanelWidth;
      for (std::int64_t next = row + kGroup; next < std::min(columns, row + 2 * kGroup); ++next) {
        for (std::int64_t j = 0; j < panel.columns; j += 16) hwy::Prefetch(to + (next - row) * ld + j);
      }
      multiply<Layout::transposed>(groups + row / kGroup * group_stride(depth), kGroup,
                                   std::min(kGroup, columns - row), depth, panel, to, ld, add);
    }
  }
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(tile_rows);
HWY_EXPORT(x_panel_count);
HWY_EXPORT(x_panels_size);
HWY_EXPORT(pack_x_panel);
HWY_EXPORT(multiply_columns);

void gemm_weight_gradient(const float* dy, std::int64_t m, std::int64_t n, std::int64_t ld_dy, const float* x,
                          std::int64_t k, std::int64_t ldx, float* dw, std::int64_t ld_dw, Store store) {
  // Columns of dy this many and this deep stay in the second-level cache while all of x passes over them.
  constexpr std::int64_t kDepth = 384, kColumns = 128;
  const std::int64_t rows = HWY_DYNAMIC_DISPATCH(tile_rows)(),
                     panels = HWY_DYNAMIC_DISPATCH(x_panel_count)(k);
  const std::int64_t share = (n + omp_get_max_threads() - 1) / omp_get_max_threads();
  const std::int64_t columns = std::min(kColumns, (share + rows - 1) / rows * rows);
  thread_local AlignedFloats x_memory;
  x_memory.resize(static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(x_panels_size)(k, std::min(kDepth, m))));
  float* const packed_x = x_memory.data();
  for (std::int64_t first = 0; first == 0 || first < m; first += kDepth) {
    const std::int64_t depth = std::min(kDepth, m - first);
    parallel_shares(panels, depth * k / 4, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t p = begin; p < end; ++p) {
        HWY_DYNAMIC_DISPATCH(pack_x_panel)(x + first * ldx, ldx, k, depth, p, packed_x);
      }
    });
    parallel_tasks((n + columns - 1) / columns, depth * n * k / 32, [&](std::int64_t task) {
      thread_local AlignedFloats dy_memory(static_cast<std::size_t>((kDepth + 16) * kColumns));
      const std::int64_t column = task * columns;
      HWY_DYNAMIC_DISPATCH(multiply_columns)
      (dy + first * ld_dy + column, ld_dy, std::min(columns, n - column), depth, packed_x, k,
       dw + column * ld_dw, ld_dw, first > 0 || store == Store::add, dy_memory.data());
    });
  }
}

}  // namespace nudge::kernels
#endif
