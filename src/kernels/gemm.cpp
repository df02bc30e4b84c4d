#include "kernels/gemm.h"

#include <algorithm>

#include "kernels/bf16/convert.h"
#include "kernels/bf16/product.h"
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

/// What a last panel needs beyond the room of its rows: all of it, where its columns fill no whole vectors.
std::int64_t tail_size(std::int64_t n, std::int64_t k) {
  return n % kLanes == 0 ? 0 : panels_size(n - (panel_count(n) - 1) * kPanelWidth, k);
}

/// Packs panel p of B = W^T over the rows of w [n, k] that it is made of, or into `tail`. `memory` holds
/// them meanwhile.
void pack_panel_in_place(float* w, std::int64_t n, std::int64_t k, std::int64_t p, float* tail,
                         AlignedFloats& memory) {
  float* rows = w + p * kPanelWidth * k;
  const Panel panel = panel_at(w, p, n, k);
  memory.assign(rows, rows + panel.columns * k);
  transpose_panel(memory.data(), k, k, panel, tail && p + 1 == panel_count(n) ? tail : rows);
}

HWY_INLINE Panel panel_of(const Panels& w, std::int64_t p) {
  Panel panel = panel_at(w.first, p, w.n, w.k);
  if (w.last && p + 1 == panel_count(w.n)) panel.data = w.last;
  return panel;
}

void read_row(const Panels& w, std::int64_t row, std::int64_t column, std::int64_t count, float* numbers) {
  const Panel panel = panel_of(w, row / kPanelWidth).from_row(column);
  for (std::int64_t i = 0; i < count; ++i) numbers[i] = panel.data[i * panel.ld + row % kPanelWidth];
}

/// One or two rows have too few sums for the multiply-add units' latency, so they take several panels at a
/// time.
template <int kRows, int kPanels>
HWY_INLINE std::int64_t few_rows(const float* x, std::int64_t ldx, const Panels& w, std::int64_t first,
                                 std::int64_t last, float* y, std::int64_t ldy, bool add) {
  const std::int64_t stride = kPanelWidth * w.k;
  std::int64_t p = first;
  for (; p + kPanels <= last && (p + kPanels) * kPanelWidth <= w.n; p += kPanels) {
    tile<kRows, kPanelVectors, Layout::row_major, kPanels>(x, ldx, w.k, w.first + p * stride, kPanelWidth,
                                                           y + p * kPanelWidth, ldy, add, stride);
  }
  return p;
}

/// Columns of panels first..last-1 of y = or += x W^T for a few rows. A panel is read in slices of depth that
/// stay in the second-level cache while all rows pass over them.
void multiply_panels(const float* x, std::int64_t m, std::int64_t ldx, const Panels& w, std::int64_t first,
                     std::int64_t last, float* y, std::int64_t ldy, bool add) {
  if (m == 1) first = few_rows<1, 4>(x, ldx, w, first, last, y, ldy, add);
  if (m == 2) first = few_rows<2, 2>(x, ldx, w, first, last, y, ldy, add);
  const std::int64_t k = w.k;
  constexpr std::int64_t kMostDepth = 49152 / kPanelWidth;
  const std::int64_t slices = (k + kMostDepth - 1) / kMostDepth;
  const std::int64_t slice = slices > 1 ? (k + slices - 1) / slices : k;
  for (std::int64_t k0 = 0; k0 == 0 || k0 < k; k0 += slice) {
    for (std::int64_t p = first; p < last; ++p) {
      const Panel panel = panel_of(w, p).from_row(k0);
      multiply<Layout::row_major>(x + k0, ldx, m, std::min(slice, k - k0), panel, y + p * kPanelWidth, ldy,
                                  add || k0 > 0);
    }
  }
}

/// Rows of W whose columns are turned at a time: as panels, they stay in the second-level cache.
constexpr std::int64_t kTurnedPanels = 1024 / kPanelWidth;

std::int64_t turned_size() {
  return kTurnedPanels * kPanelWidth * kPanelWidth;
}

/// Columns of panel q of dx [m, k] = dy W. `memory` holds turned_size() floats.
void multiply_turned(const float* dy, std::int64_t m, std::int64_t lddy, const Panels& w, std::int64_t q,
                     float* dx, std::int64_t lddx, float* memory) {
  const std::int64_t panels = panel_count(w.n);
  const Panel turned{memory, std::min(kPanelWidth, w.k - q * kPanelWidth),
                     round_up_to_vectors(std::min(kPanelWidth, w.k - q * kPanelWidth))};
  for (std::int64_t p = 0; p < panels; p += kTurnedPanels) {
    std::int64_t depth = 0;
    for (std::int64_t i = p; i < std::min(panels, p + kTurnedPanels); ++i) {
      const Panel panel = panel_of(w, i).from_row(q * kPanelWidth);
      transpose_panel(panel.data, panel.ld, panel.columns, turned, memory + depth * turned.ld);
      depth += panel.columns;
    }
    multiply<Layout::row_major>(dy + p * kPanelWidth, lddy, m, depth, turned, dx + q * kPanelWidth, lddx,
                                p > 0);
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
HWY_EXPORT(tail_size);
HWY_EXPORT(pack_panel_in_place);
HWY_EXPORT(read_row);
HWY_EXPORT(multiply_panels);
HWY_EXPORT(turned_size);
HWY_EXPORT(multiply_turned);

void PackedMatrix::fill(const float* w, std::int64_t ld, bool transposed) {
  precision_ = Precision::float32;
  place_ = nullptr;
  storage_.resize(HWY_DYNAMIC_DISPATCH(packed_size)(n_, k_));
  const std::int64_t panels = HWY_DYNAMIC_DISPATCH(count_panels)(n_);
  parallel_shares(panels, n_ * k_, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      HWY_DYNAMIC_DISPATCH(pack_panel)(w, ld, n_, k_, p, transposed, storage_.data());
    }
  });
}

void PackedMatrix::pack(const float* w, std::int64_t n, std::int64_t k, std::int64_t ld,
                        Precision precision) {
  n_ = n;
  k_ = k;
  if (precision == Precision::float32) return fill(w, ld, false);
  precision_ = precision;
  bits_.resize(static_cast<std::size_t>(bf16::columns_size(n, k)));
  bf16::pack({w, ld}, n, k, bits_.data());
}

void PackedMatrix::pack_transposed(const float* w, std::int64_t n, std::int64_t k, std::int64_t ld) {
  n_ = k;
  k_ = n;
  fill(w, ld, true);
}

void PackedMatrix::pack_in_place(float* w, std::int64_t n, std::int64_t k) {
  n_ = n;
  k_ = k;
  precision_ = Precision::float32;
  place_ = w;
  storage_.resize(HWY_DYNAMIC_DISPATCH(tail_size)(n, k));
  float* tail = storage_.empty() ? nullptr : storage_.data();
  parallel_shares(HWY_DYNAMIC_DISPATCH(count_panels)(n), n * k, [&](std::int64_t begin, std::int64_t end) {
    AlignedFloats memory;
    for (std::int64_t p = begin; p < end; ++p)
      HWY_DYNAMIC_DISPATCH(pack_panel_in_place)(w, n, k, p, tail, memory);
  });
}

Panels PackedMatrix::panels() const {
  if (!place_) return {n_, k_, storage_.data(), nullptr};
  return {n_, k_, place_, storage_.empty() ? nullptr : storage_.data()};
}

void PackedMatrix::read(std::int64_t row, std::int64_t column, std::int64_t count, float* numbers) const {
  if (precision_ == Precision::bfloat16) {
    for (std::int64_t i = 0; i < count; ++i) numbers[i] = bf16::widen(bits_[bf16::at(column + i, row, k_)]);
    return;
  }
  HWY_DYNAMIC_DISPATCH(read_row)(panels(), row, column, count, numbers);
}

void gemm(const float* x, std::int64_t m, std::int64_t ldx, const PackedMatrix& w, float* y, std::int64_t ldy,
          Store store) {
  const std::int64_t n = w.rows(), k = w.columns();
  if (w.precision() == Precision::bfloat16)
    return bf16::forward({x, ldx}, m, w.bits(), n, k, y, ldy, store == Store::add);
  const Panels in = w.panels();
  const std::int64_t panels = HWY_DYNAMIC_DISPATCH(count_panels)(n);
  const std::int64_t work = m * n * k / 32;
  const bool add = store == Store::add;
  constexpr std::int64_t kRowBlock = 64;  // rows whose share of x stays in the second-level cache
  const auto block = [&](std::int64_t row, std::int64_t rows, std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(multiply_panels)
    (x + row * ldx, rows, ldx, in, first, last, y + row * ldy, ldy, add);
  };
  if (m >= 2 * kRowBlock) {
    parallel_tasks((m + kRowBlock - 1) / kRowBlock, work, [&](std::int64_t b) {
      block(b * kRowBlock, std::min(kRowBlock, m - b * kRowBlock), 0, panels);
    });
  } else if (m > 0) {
    parallel_shares(panels, work, [&](std::int64_t begin, std::int64_t end) { block(0, m, begin, end); });
  }
}

void gemm_backward(const float* dy, std::int64_t m, std::int64_t lddy, const PackedMatrix& w, float* dx,
                   std::int64_t lddx) {
  if (w.precision() == Precision::bfloat16)
    return bf16::backward({dy, lddy}, m, w.bits(), w.rows(), w.columns(), dx, lddx);
  constexpr std::int64_t kRowBlock = 512;  // rows for which turning a block costs little
  const Panels in = w.panels();
  const std::int64_t blocks = (m + kRowBlock - 1) / kRowBlock;
  const std::int64_t panels = HWY_DYNAMIC_DISPATCH(count_panels)(in.k);
  parallel_tasks(panels * blocks, m * in.n * in.k / 32, [&](std::int64_t task) {
    thread_local AlignedFloats memory;
    memory.resize(HWY_DYNAMIC_DISPATCH(turned_size)());
    const std::int64_t row = task / panels * kRowBlock;
    HWY_DYNAMIC_DISPATCH(multiply_turned)
    (dy + row * lddy, std::min(kRowBlock, m - row), lddy, in, task % panels, dx + row * lddx, lddx,
     memory.data());
  });
}

}  // namespace nudge::kernels
#endif
