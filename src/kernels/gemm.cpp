#include "kernels/gemm.h"

#include <algorithm>

#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

std::int64_t count_panels(std::int64_t n) {
  return panel_count(n);
}
std::int64_t packed_size(std::int64_t n, std::int64_t k) {
  return panels_size(n, k);
}

/// Packs panel p of B = W^T (`transposed` false: w [n, k]) or of B = w itself (w [k, n]).
void pack_panel(const float* w, std::int64_t ld, std::int64_t n, std::int64_t k, std::int64_t p,
                bool transposed, float* panels) {
  const Panel panel = panel_at(panels, p, n, k);
  float* out = panels + p * kPanelWidth * k;
  if (transposed) {
    copy_panel(w + p * kPanelWidth, ld, k, panel, out);
  } else {
    transpose_panel(w + p * kPanelWidth * ld, ld, k, panel, out);
  }
}

/// One or two rows have too few sums for the multiply-add units' latency, so they take several panels at a
/// time.
template <int kRows, int kPanels>
HWY_INLINE std::int64_t few_rows(const float* x, std::int64_t ldx, const float* panels, std::int64_t first,
                                 std::int64_t last, std::int64_t n, std::int64_t k, float* y,
                                 std::int64_t ldy, bool add) {
  std::int64_t p = first;
  for (; p + kPanels <= last && (p + kPanels) * kPanelWidth <= n; p += kPanels) {
    tile<kRows, kPanelVectors, Layout::row_major, kPanels>(
        x, ldx, k, panels + p * kPanelWidth * k, kPanelWidth, y + p * kPanelWidth, ldy, add, kPanelWidth * k);
  }
  return p;
}

/// Columns of panels first..last-1 of y = or += x W^T for a few rows. A panel is read in slices of depth that
/// stay in the second-level cache while all rows pass over them.
void multiply_panels(const float* x, std::int64_t m, std::int64_t ldx, const float* panels, std::int64_t n,
                     std::int64_t k, std::int64_t first, std::int64_t last, float* y, std::int64_t ldy,
                     bool add) {
  if (m == 1) first = few_rows<1, 4>(x, ldx, panels, first, last, n, k, y, ldy, add);
  if (m == 2) first = few_rows<2, 2>(x, ldx, panels, first, last, n, k, y, ldy, add);
  constexpr std::int64_t kMostDepth = 49152 / kPanelWidth;
  const std::int64_t slices = (k + kMostDepth - 1) / kMostDepth;
  const std::int64_t slice = slices > 1 ? (k + slices - 1) / slices : k;
  for (std::int64_t k0 = 0; k0 == 0 || k0 < k; k0 += slice) {
    for (std::int64_t p = first; p < last; ++p) {
      const Panel panel = panel_at(panels, p, n, k).from_row(k0);
      multiply<Layout::row_major>(x + k0, ldx, m, std::min(slice, k - k0), panel, y + p * kPanelWidth, ldy,
                                  add || k0 > 0);
    }
  }
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(count_panels);
HWY_EXPORT(packed_size);
HWY_EXPORT(pack_panel);
HWY_EXPORT(multiply_panels);

void PackedMatrix::fill(const float* w, std::int64_t ld, bool transposed) {
  storage_.resize(HWY_DYNAMIC_DISPATCH(packed_size)(n_, k_));
  const std::int64_t panels = HWY_DYNAMIC_DISPATCH(count_panels)(n_);
  parallel_shares(panels, n_ * k_, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      HWY_DYNAMIC_DISPATCH(pack_panel)(w, ld, n_, k_, p, transposed, storage_.data());
    }
  });
}

void PackedMatrix::pack(const float* w, std::int64_t n, std::int64_t k, std::int64_t ld) {
  n_ = n;
  k_ = k;
  fill(w, ld, false);
}

void PackedMatrix::pack_transposed(const float* w, std::int64_t n, std::int64_t k, std::int64_t ld) {
  n_ = k;
  k_ = n;
  fill(w, ld, true);
}

void gemm(const float* x, std::int64_t m, std::int64_t ldx, const PackedMatrix& w, float* y, std::int64_t ldy,
          Store store) {
  const std::int64_t n = w.rows(), k = w.columns();
  const std::int64_t panels = HWY_DYNAMIC_DISPATCH(count_panels)(n);
  const std::int64_t work = m * n * k / 32;
  const bool add = store == Store::add;
  constexpr std::int64_t kRowBlock = 64;  // rows whose share of x stays in the second-level cache
  const auto block = [&](std::int64_t row, std::int64_t rows, std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(multiply_panels)
    (x + row * ldx, rows, ldx, w.panels(), n, k, first, last, y + row * ldy, ldy, add);
  };
  if (m >= 2 * kRowBlock) {
    parallel_tasks((m + kRowBlock - 1) / kRowBlock, work, [&](std::int64_t b) {
      block(b * kRowBlock, std::min(kRowBlock, m - b * kRowBlock), 0, panels);
    });
  } else if (m > 0) {
    parallel_shares(panels, work, [&](std::int64_t begin, std::int64_t end) { block(0, m, begin, end); });
  }
}

}  // namespace nudge::kernels
#endif
