#include "kernels/adamw.h"

#include <algorithm>
#include <vector>

#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/adamw.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

/// `decay` = 1 - learning_rate * weight_decay; `step_size` and `root_scale` carry the bias corrections.
void update(const AdamWRule& rule, float decay, float step_size, float root_scale, std::int64_t n,
            float* parameters, const float* gradients, float* first_moments, float* second_moments) {
  const Vec scale = broadcast(rule.gradient_scale), epsilon = broadcast(rule.epsilon);
  const Vec new_first = broadcast(1 - rule.beta1), old_second = broadcast(rule.beta2),
            new_second = broadcast(1 - rule.beta2);
  const Vec keep = broadcast(decay), minus_step = broadcast(-step_size), inverse_root = broadcast(root_scale);
  for_each_vector(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec g = hn::Mul(load(gradients + i, count), scale);
    const Vec m0 = load(first_moments + i, count);
    const Vec m = hn::MulAdd(hn::Sub(g, m0), new_first, m0);
    const Vec v = hn::MulAdd(hn::Mul(g, g), new_second, hn::Mul(load(second_moments + i, count), old_second));
    const Vec denominator = hn::MulAdd(hn::Sqrt(v), inverse_root, epsilon);
    const Vec p = hn::Mul(load(parameters + i, count), keep);
    store(m, first_moments + i, count);
    store(v, second_moments + i, count);
    store(hn::MulAdd(minus_step, hn::Div(m, denominator), p), parameters + i, count);
  });
}

double sum_squares(const float* x, std::int64_t n) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> half;
  constexpr std::int64_t kDoubles = hn::MaxLanes(d);
  auto a = hn::Zero(d), b = hn::Zero(d), c = hn::Zero(d), e = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + 4 * kDoubles <= n; i += 4 * kDoubles) {
    const auto x0 = hn::PromoteTo(d, hn::LoadU(half, x + i));
    const auto x1 = hn::PromoteTo(d, hn::LoadU(half, x + i + kDoubles));
    const auto x2 = hn::PromoteTo(d, hn::LoadU(half, x + i + 2 * kDoubles));
    const auto x3 = hn::PromoteTo(d, hn::LoadU(half, x + i + 3 * kDoubles));
    a = hn::MulAdd(x0, x0, a);
    b = hn::MulAdd(x1, x1, b);
    c = hn::MulAdd(x2, x2, c);
    e = hn::MulAdd(x3, x3, e);
  }
  double total = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
  for (; i < n; ++i) total += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return total;
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>

namespace nudge::kernels {

HWY_EXPORT(update);
HWY_EXPORT(sum_squares);

void adamw(const AdamWRule& rule, std::int64_t n, float* parameters, const float* gradients,
           float* first_moments, float* second_moments) {
  const double step = static_cast<double>(rule.step);
  const double correction1 = 1 - std::pow(static_cast<double>(rule.beta1), step);
  const double correction2 = 1 - std::pow(static_cast<double>(rule.beta2), step);
  const float decay = static_cast<float>(1 - static_cast<double>(rule.learning_rate) *
                                                 static_cast<double>(rule.weight_decay));
  const float step_size = static_cast<float>(rule.learning_rate / correction1);
  const float root_scale = static_cast<float>(1 / std::sqrt(correction2));
  // Shares end on multiples of a block, so that which elements fall into a partial vector does not depend on
  // the number of threads.
  constexpr std::int64_t kBlock = 64;
  parallel_shares((n + kBlock - 1) / kBlock, n, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * kBlock, last = std::min(n, end * kBlock);
    HWY_DYNAMIC_DISPATCH(update)
    (rule, decay, step_size, root_scale, last - first, parameters + first, gradients + first,
     first_moments + first, second_moments + first);
  });
}

double sum_of_squares(const float* x, std::int64_t n) {
  constexpr std::int64_t kBlock = 16384;
  const std::int64_t blocks = (n + kBlock - 1) / kBlock;
  std::vector<double> partial(blocks);
  parallel_shares(blocks, n / 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      partial[b] = HWY_DYNAMIC_DISPATCH(sum_squares)(x + b * kBlock, std::min(kBlock, n - b * kBlock));
    }
  });
  double total = 0;
  for (const double p : partial) total += p;
  return total;
}

}  // namespace nudge::kernels
#endif
