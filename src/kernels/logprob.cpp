#include "kernels/logprob.h"

#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/logprob.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include <cmath>
#include <limits>

#include "kernels/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

/// The log-sum-exp of a row of logits divided by the temperature, in two parts whose sum it is: the largest
/// of them, returned, and the logarithm of the rest. The entropy too when wanted.
float log_sum_exp_row(const float* logits, std::int64_t v, float inverse_temperature, float* log_total,
                      float* entropy) {
  const float highest = row_maximum(logits, v) * inverse_temperature;
  const SoftmaxSums sums = entropy ? softmax_sums<true>(logits, v, highest, inverse_temperature)
                                   : softmax_sums<false>(logits, v, highest, inverse_temperature);
  *log_total = std::log(sums.total);
  if (entropy) *entropy = *log_total - sums.weighted / sums.total;
  return highest;
}

float pick(const float* logits, std::int64_t v, std::int64_t target, float highest, float inverse_temperature,
           float log_total) {
  return logprob_of(logits, v, target, highest, inverse_temperature, log_total);
}

/// logits become probability * (a + b * log probability), which is d loss / d logits but for the target's
/// one.
void gradient_row(float* logits, std::int64_t v, float inverse_temperature, float log_sum_exp, float a,
                  float b) {
  const Vec scale = broadcast(inverse_temperature), shift = broadcast(log_sum_exp);
  const Vec constant = broadcast(a), slope = broadcast(b);
  for_each_vector(v, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec logprob = hn::MulSub(load(logits + i, count), scale, shift);
    store(hn::Mul(exponential(logprob), hn::MulAdd(slope, logprob, constant)), logits + i, count);
  });
}

float row_sum(const float* x, std::int64_t n) {
  Vec total = zero();
  for_each_vector(
      n, [&](std::int64_t i, std::int64_t count) HWY_ATTR { total = hn::Add(total, load(x + i, count)); });
  return sum(total);
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(log_sum_exp_row);
HWY_EXPORT(pick);
HWY_EXPORT(gradient_row);
HWY_EXPORT(row_sum);

void log_softmax_pick(const float* logits, std::int64_t rows, std::int64_t v, std::int64_t ld,
                      float temperature, const std::int32_t* targets, float* logprobs, float* log_sum_exp,
                      float* entropies) {
  const float scale = 1 / temperature;
  parallel_shares(rows, rows * v, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* row = logits + r * ld;
      float log_total;
      const float highest = HWY_DYNAMIC_DISPATCH(log_sum_exp_row)(row, v, scale, &log_total,
                                                                  entropies ? entropies + r : nullptr);
      if (logprobs) logprobs[r] = HWY_DYNAMIC_DISPATCH(pick)(row, v, targets[r], highest, scale, log_total);
      if (log_sum_exp) log_sum_exp[r] = highest + log_total;
    }
  });
}

void log_softmax_pick_backward(float* logits, std::int64_t rows, std::int64_t v, std::int64_t ld,
                               float temperature, const std::int32_t* targets, const float* log_sum_exp,
                               const float* d_logprobs, const float* entropies, const float* d_entropies) {
  const float scale = 1 / temperature;
  parallel_shares(rows, rows * v, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      float* row = logits + r * ld;
      const std::int64_t target = targets[r];
      const bool nearly_certain = std::fma(row[target], scale, -log_sum_exp[r]) > kNearlyCertain;
      // d logprob(target) / d z_j = [j = target] - p_j and d entropy / d z_j = -p_j (log p_j + entropy).
      const float d_logprob = d_logprobs ? d_logprobs[r] : 0, d_entropy = d_entropies ? d_entropies[r] : 0;
      const float constant = -d_logprob - (d_entropies ? d_entropy * entropies[r] : 0);
      HWY_DYNAMIC_DISPATCH(gradient_row)
      (row, v, scale, log_sum_exp[r], constant * scale, -d_entropy * scale);
      // The gradients of a row sum to 0.
      if (nearly_certain)
        row[target] = -(HWY_DYNAMIC_DISPATCH(row_sum)(row, target) +
                        HWY_DYNAMIC_DISPATCH(row_sum)(row + target + 1, v - target - 1));
      else
        row[target] += d_logprob * scale;
    }
  });
}

}  // namespace nudge::kernels
#endif
