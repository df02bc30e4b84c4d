#include "kernels/sample.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sample.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

float find_maximum(const float* x, std::int64_t n) {
  return row_maximum(x, n);
}

/// weights = exp(logits * scale - shift); returns their sum.
float weigh(const float* logits, std::int64_t n, float shift, float scale, float* weights) {
  const Vec shift_v = broadcast(shift), scale_v = broadcast(scale);
  Vec total = zero();
  for_each_vector(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec logit = load(logits + i, count, -std::numeric_limits<float>::infinity());
    const Vec y = exponential(hn::MulSub(logit, scale_v, shift_v));
    store(y, weights + i, count);
    total = hn::Add(total, y);
  });
  return sum(total);
}

float pick(const float* logits, std::int64_t n, std::int64_t token, float shift, float scale,
           float log_total) {
  return logprob_of(logits, n, token, shift, scale, log_total);
}

/// The sum of the weights that are at least `threshold`, and their number.
float measure_tail(const float* weights, std::int64_t n, float threshold, float* number) {
  const Vec least = broadcast(threshold), one = broadcast(1.0f);
  Vec mass = zero(), members = zero();
  for_each_vector(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec w = load(weights + i, count, -1.0f);
    const auto in = hn::Ge(w, least);
    mass = hn::Add(mass, hn::IfThenElseZero(in, w));
    members = hn::Add(members, hn::IfThenElseZero(in, one));
  });
  *number = sum(members);
  return sum(mass);
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(find_maximum);
HWY_EXPORT(weigh);
HWY_EXPORT(pick);
HWY_EXPORT(measure_tail);

namespace {

/// Blocks of weights, so that sums over many tokens keep their precision and the search passes over few.
constexpr std::size_t kBlock = 256;

struct Tail {
  double count, mass;
};

/// The weights that are at least `threshold`.
Tail tail_of(std::span<const float> weights, float threshold) {
  Tail total{0, 0};
  for (std::size_t begin = 0; begin < weights.size(); begin += kBlock) {
    const std::size_t size = std::min(kBlock, weights.size() - begin);
    float count;
    total.mass += static_cast<double>(
        HWY_DYNAMIC_DISPATCH(measure_tail)(weights.data() + begin, size, threshold, &count));
    total.count += static_cast<double>(count);
  }
  return total;
}

/// The largest threshold whose tail is large enough, by bisection over the bits of a float, which are in the
/// order of the numbers. The tail of 0 must be.
template <class Enough>
float highest_threshold(std::span<const float> weights, const Enough& enough) {
  std::uint32_t low = 0, high = std::bit_cast<std::uint32_t>(2.0f);  // weights are at most 1
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (enough(tail_of(weights, std::bit_cast<float>(middle))) ? low : high) = middle;
  }
  return std::bit_cast<float>(low);
}

/// Sets to zero every weight below the k-th largest; ties with it stay, as in transformers.
void keep_top_k(std::span<float> weights, std::int64_t k) {
  if (k >= std::ssize(weights)) return;
  const float least =
      highest_threshold(weights, [&](Tail tail) { return tail.count >= static_cast<double>(k); });
  for (float& w : weights) w = w < least ? 0 : w;
}

/// Sets to zero all weights but the smallest set of the largest whose share of the total reaches top_p (at
/// least one). Of equal weights the earlier token counts as larger.
void keep_top_p(std::span<float> weights, float top_p) {
  const double goal = static_cast<double>(top_p) * tail_of(weights, 0).mass;
  const float least =
      highest_threshold(weights, [&](Tail tail) { return tail.count > 0 && tail.mass >= goal; });
  double mass = tail_of(weights, std::nextafter(least, 2.0f)).mass;
  bool none = mass == 0;
  for (float& w : weights) {
    if (w == least && (none || mass < goal)) {
      mass += static_cast<double>(w);
      none = false;
    } else if (w <= least) {
      w = 0;
    }
  }
}

/// Sets to zero every weight below this share of the largest.
void keep_min_p(std::span<float> weights, float min_p) {
  const float least = min_p * *std::ranges::max_element(weights);
  for (float& w : weights) w = w < least ? 0 : w;
}

/// The first token at which the running sum of weights passes u times their total.
std::size_t invert(std::span<const float> weights, double u) {
  const double goal = u * tail_of(weights, 0).mass;
  // The block where it happens, or the last of any weight when rounding prevents it.
  std::span<const float> found;
  double passed = 0, before = 0;
  for (std::size_t begin = 0; begin < weights.size() && passed <= goal; begin += kBlock) {
    const auto block = weights.subspan(begin, std::min(kBlock, weights.size() - begin));
    const double mass = tail_of(block, 0).mass;
    if (mass > 0) {
      found = block;
      before = passed;
    }
    passed += mass;
  }
  const float* token = weights.data();
  for (const float& w : found) {
    if (w <= 0) continue;
    token = &w;
    before += static_cast<double>(w);
    if (before > goal) break;
  }
  return token - weights.data();
}

}  // namespace

std::int32_t sample(const float* logits, std::int64_t v, const SampleRule& rule, double u,
                    std::vector<float>& scratch, float* logprob) {
  const bool greedy = rule.temperature == 0;
  const float scale = greedy ? 1 : 1 / rule.temperature;
  const float highest = HWY_DYNAMIC_DISPATCH(find_maximum)(logits, v), shift = highest * scale;
  scratch.resize(v);
  const float total = HWY_DYNAMIC_DISPATCH(weigh)(logits, v, shift, scale, scratch.data());
  std::size_t token;
  if (greedy) {
    token = static_cast<std::size_t>(std::find(logits, logits + v, highest) - logits) %
            static_cast<std::size_t>(v);
  } else {
    if (rule.top_k > 0) keep_top_k(scratch, rule.top_k);
    if (rule.top_p < 1) keep_top_p(scratch, rule.top_p);
    if (rule.min_p > 0) keep_min_p(scratch, rule.min_p);
    token = invert(scratch, u);
  }
  if (logprob)
    *logprob = HWY_DYNAMIC_DISPATCH(pick)(logits, v, static_cast<std::int64_t>(token), shift, scale,
                                          std::log(total));
  return static_cast<std::int32_t>(token);
}

}  // namespace nudge::kernels
#endif
