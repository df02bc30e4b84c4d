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

void rms_norm(const float* x, const float* w, float eps, std::int64_t rows, std::int64_t d, float* y,
              float* inverse_rms) {
  parallel_shares(rows, rows * d / 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* row = x + r * d;
      const float inverse =
          1 / std::sqrt(HWY_DYNAMIC_DISPATCH(sum_squares)(row, d) / static_cast<float>(d) + eps);
      HWY_DYNAMIC_DISPATCH(normalise_row)(row, w, inverse, d, y + r * d);
      if (inverse_rms) inverse_rms[r] = inverse;
    }
  });
}

void rms_norm_backward(const float* dy, const float* x, const float* w, const float* inverse_rms,
                       std::int64_t rows, std::int64_t d, float* dx, float* dw) {
  // dw is summed block by block of a fixed size, so that the number of threads does not change a bit of it.
  constexpr std::int64_t kBlock = 64;
  const std::int64_t blocks = (rows + kBlock - 1) / kBlock;
  std::vector<float> partial_dw(blocks * d);
  parallel_tasks(blocks, rows * d / 2, [&](std::int64_t block) {
    for (std::int64_t r = block * kBlock; r < std::min(rows, (block + 1) * kBlock); ++r) {
      HWY_DYNAMIC_DISPATCH(differentiate_row)
      (dy + r * d, x + r * d, w, inverse_rms[r], d, dx + r * d, partial_dw.data() + block * d);
    }
  });
  for (std::int64_t block = 0; block < blocks; ++block) {
    for (std::int64_t i = 0; i < d; ++i) dw[i] += partial_dw[block * d + i];
  }
}

}  // namespace nudge::kernels
#endif
