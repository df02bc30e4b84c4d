#include "kernels/layer_norm.h"

#include <algorithm>
#include <vector>

#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layer_norm.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include <cmath>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

struct Moments {
  float mean, inverse_deviation;
};

Moments moments_of(const float* x, std::int64_t d, float eps) {
  Vec total = zero();
  for_each_vector(
      d, [&](std::int64_t i, std::int64_t count) HWY_ATTR { total = hn::Add(total, load(x + i, count)); });
  const float mean = sum(total) / static_cast<float>(d);
  const Vec centre = broadcast(mean);
  Vec squares = zero();
  for_each_vector(d, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec away = hn::Sub(load(x + i, count, mean), centre);
    squares = hn::MulAdd(away, away, squares);
  });
  return {mean, 1 / std::sqrt(sum(squares) / static_cast<float>(d) + eps)};
}

Moments normalise_row(const float* x, const float* w, const float* b, float eps, std::int64_t d, float* y) {
  const Moments moments = moments_of(x, d, eps);
  const Vec centre = broadcast(moments.mean), scale = broadcast(moments.inverse_deviation);
  for_each_vector(d, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec normalised = hn::Mul(hn::Sub(load(x + i, count), centre), scale);
    store(hn::MulAdd(normalised, load(w + i, count), load(b + i, count)), y + i, count);
  });
  return moments;
}

/// dx of one row; adds the row's share of dw and db.
void differentiate_row(const float* dy, const float* x, const float* w, const Moments& moments,
                       std::int64_t d, float* dx, float* dw, float* db) {
  const Vec centre = broadcast(moments.mean), scale = broadcast(moments.inverse_deviation);
  Vec slopes = zero(), products = zero();
  for_each_vector(d, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec gradient = load(dy + i, count), slope = hn::Mul(gradient, load(w + i, count));
    const Vec normalised = hn::Mul(hn::Sub(load(x + i, count), centre), scale);
    slopes = hn::Add(slopes, slope);
    products = hn::MulAdd(slope, normalised, products);
    store(hn::MulAdd(gradient, normalised, load(dw + i, count)), dw + i, count);
    store(hn::Add(gradient, load(db + i, count)), db + i, count);
  });
  const Vec mean_slope = broadcast(sum(slopes) / static_cast<float>(d));
  const Vec mean_product = broadcast(sum(products) / static_cast<float>(d));
  for_each_vector(d, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec slope = hn::Mul(load(dy + i, count), load(w + i, count));
    const Vec normalised = hn::Mul(hn::Sub(load(x + i, count), centre), scale);
    const Vec centred = hn::NegMulAdd(normalised, mean_product, hn::Sub(slope, mean_slope));
    store(hn::Mul(centred, scale), dx + i, count);
  });
}

void normalise_rows(const float* x, const float* w, const float* b, float eps, std::int64_t rows,
                    std::int64_t d, float* y, float* means, float* inverse_deviations) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const Moments moments = normalise_row(x + r * d, w, b, eps, d, y + r * d);
    if (means) means[r] = moments.mean;
    if (inverse_deviations) inverse_deviations[r] = moments.inverse_deviation;
  }
}

void differentiate_rows(const float* dy, const float* x, const float* w, const float* means,
                        const float* inverse_deviations, std::int64_t rows, std::int64_t d, float* dx,
                        float* dw, float* db) {
  for (std::int64_t r = 0; r < rows; ++r)
    differentiate_row(dy + r * d, x + r * d, w, {means[r], inverse_deviations[r]}, d, dx + r * d, dw, db);
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(normalise_rows);
HWY_EXPORT(differentiate_rows);

void layer_norm(const float* x, const float* w, const float* b, float eps, std::int64_t rows, std::int64_t d,
                float* y, float* means, float* inverse_deviations) {
  const auto from = [](float* kept, std::int64_t row) { return kept ? kept + row : nullptr; };
  parallel_shares(rows, rows * d / 4, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(normalise_rows)
    (x + begin * d, w, b, eps, end - begin, d, y + begin * d, from(means, begin),
     from(inverse_deviations, begin));
  });
}

void layer_norm_backward(const float* dy, const float* x, const float* w, const float* means,
                         const float* inverse_deviations, std::int64_t rows, std::int64_t d, float* dx,
                         float* dw, float* db) {
  // dw and db are summed block by block of a fixed size, so that the number of threads changes no bit.
  constexpr std::int64_t kBlock = 64;
  const std::int64_t blocks = (rows + kBlock - 1) / kBlock;
  std::vector<float> partial(2 * blocks * d);
  parallel_tasks(blocks, rows * d / 2, [&](std::int64_t block) {
    const std::int64_t first = block * kBlock, count = std::min(kBlock, rows - first);
    float* sums = partial.data() + 2 * block * d;
    HWY_DYNAMIC_DISPATCH(differentiate_rows)
    (dy + first * d, x + first * d, w, means + first, inverse_deviations + first, count, d, dx + first * d,
     sums, sums + d);
  });
  for (std::int64_t block = 0; block < blocks; ++block) {
    const float* sums = partial.data() + 2 * block * d;
    for (std::int64_t i = 0; i < d; ++i) {
      dw[i] += sums[i];
      db[i] += sums[d + i];
    }
  }
}

}  // namespace nudge::kernels
#endif
