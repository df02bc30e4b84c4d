#include "kernels/norm.h"

#include <algorithm>
#include <vector>

#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

float sum_squares(const float* x, std::int64_t n) {
  return dot(x, x, n);
}

void normalise_row(const float* x, const float* w, float inverse_rms, std::int64_t d, float* y) {
  const Vec scale = broadcast(inverse_rms);
  for_each_vector(d, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    store(hn::Mul(hn::Mul(load(x + i, count), scale), load(w + i, count)), y + i, count);
  });
}

/// dx of one row; adds the row's share of dw.
void differentiate_row(const float* dy, const float* x, const float* w, float inverse_rms, std::int64_t d,
                       float* dx, float* dw) {
  const Vec scale = broadcast(inverse_rms);
  Vec products = zero();
  for_each_vector(d, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec gradient = load(dy + i, count), normalised = hn::Mul(load(x + i, count), scale);
    products = hn::MulAdd(hn::Mul(gradient, load(w + i, count)), normalised, products);
    store(hn::MulAdd(gradient, normalised, load(dw + i, count)), dw + i, count);
  });
  const Vec mean = broadcast(sum(products) / static_cast<float>(d));
  for_each_vector(d, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec normalised = hn::Mul(load(x + i, count), scale);
    const Vec centred = hn::NegMulAdd(normalised, mean, hn::Mul(load(dy + i, count), load(w + i, count)));
    store(hn::Mul(centred, scale), dx + i, count);
  });
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>

namespace nudge::kernels {

HWY_EXPORT(sum_squares);
HWY_EXPORT(normalise_row);
HWY_EXPORT(differentiate_row);

void rms_norm_heads(const NormedHeads& shape, const float* x, const float* w, float eps, float* y,
                    float* inverse_rms) {
  const auto [rows, heads, d, ld] = shape;
  parallel_shares(rows, rows * heads * d / 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      for (std::int64_t h = 0; h < heads; ++h) {
        const float* head = x + r * ld + h * d;
        const float inverse =
            1 / std::sqrt(HWY_DYNAMIC_DISPATCH(sum_squares)(head, d) / static_cast<float>(d) + eps);
        HWY_DYNAMIC_DISPATCH(normalise_row)(head, w, inverse, d, y + r * ld + h * d);
        if (inverse_rms) inverse_rms[r * heads + h] = inverse;
      }
    }
  });
}

void rms_norm_heads_backward(const NormedHeads& shape, const float* dy, const float* x, const float* w,
                             const float* inverse_rms, float* dx, float* dw) {
  const auto [rows, heads, d, ld] = shape;
  // dw is summed block by block of a fixed size, so that the number of threads does not change a bit of it.
  constexpr std::int64_t kBlock = 64;
  const std::int64_t blocks = (rows + kBlock - 1) / kBlock;
  std::vector<float> partial_dw(blocks * d);
  parallel_tasks(blocks, rows * heads * d / 2, [&](std::int64_t block) {
    for (std::int64_t r = block * kBlock; r < std::min(rows, (block + 1) * kBlock); ++r) {
      for (std::int64_t h = 0; h < heads; ++h) {
        const std::int64_t at = r * ld + h * d;
        HWY_DYNAMIC_DISPATCH(differentiate_row)
        (dy + at, x + at, w, inverse_rms[r * heads + h], d, dx + at, partial_dw.data() + block * d);
      }
    }
  });
  for (std::int64_t block = 0; block < blocks; ++block) {
    for (std::int64_t i = 0; i < d; ++i) dw[i] += partial_dw[block * d + i];
  }
}

void rms_norm(const float* x, const float* w, float eps, std::int64_t rows, std::int64_t d, float* y,
              float* inverse_rms) {
  rms_norm_heads({.rows = rows, .heads = 1, .d = d, .ld = d}, x, w, eps, y, inverse_rms);
}

void rms_norm_backward(const float* dy, const float* x, const float* w, const float* inverse_rms,
                       std::int64_t rows, std::int64_t d, float* dx, float* dw) {
  rms_norm_heads_backward({.rows = rows, .heads = 1, .d = d, .ld = d}, dy, x, w, inverse_rms, dx, dw);
}

}  // namespace nudge::kernels
#endif
