#include "kernels/sample.h"

#include <algorithm>
#include <cmath>
#include <functional>
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

/// weights = exp((logits - shift) * scale); returns their sum.
float weigh(const float* logits, std::int64_t n, float shift, float scale, float* weights) {
  const Vec shift_v = broadcast(shift), scale_v = broadcast(scale);
  Vec total = zero();
  for_each_vector(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec logit = load(logits + i, count, -std::numeric_limits<float>::infinity());
    const Vec y = exponential(hn::Mul(hn::Sub(logit, shift_v), scale_v));
    store(y, weights + i, count);
    total = hn::Add(total, y);
  });
  return sum(total);
}

float add_up(const float* x, std::int64_t n) {
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

HWY_EXPORT(find_maximum);
HWY_EXPORT(weigh);
HWY_EXPORT(add_up);

namespace {

/// Sets to zero every weight below the k-th largest; ties with it stay, as in transformers.
void keep_top_k(std::span<float> weights, std::int64_t k, std::vector<float>& room) {
  if (k >= static_cast<std::int64_t>(weights.size())) return;
  room.assign(weights.begin(), weights.end());
  std::nth_element(room.begin(), room.begin() + (k - 1), room.end(), std::greater<>());
  const float least = room[static_cast<std::size_t>(k - 1)];
  for (float& w : weights) {
    if (w < least) w = 0;
  }
}

/// Sets to zero all weights but the smallest set of the largest whose share of the total reaches top_p (at
/// least one). Of equal weights the earlier token counts as larger.
void keep_top_p(std::span<float> weights, float top_p) {
  double total = 0;
  for (const float w : weights) total += static_cast<double>(w);
  // Tokens below this all together weigh less than 1 - top_p: none of them is in the set.
  const double least = (1 - static_cast<double>(top_p)) * total / static_cast<double>(weights.size());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > 0 && static_cast<double>(weights[i]) >= least) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return weights[a] != weights[b] ? weights[a] > weights[b] : a < b;
  });
  std::vector<std::pair<std::size_t, float>> kept;
  double mass = 0;
  for (const std::size_t i : order) {
    if (!kept.empty() && mass >= static_cast<double>(top_p) * total) break;
    mass += static_cast<double>(weights[i]);
    kept.emplace_back(i, weights[i]);
  }
  std::fill(weights.begin(), weights.end(), 0.0f);
  for (const auto& [i, w] : kept) weights[i] = w;
}

/// The first token at which the running sum of weights passes u times their total.
std::size_t invert(std::span<const float> weights, double u) {
  constexpr std::size_t kBlock = 256;
  const auto block_sum = [&](std::size_t begin) {
    const std::size_t count = std::min(kBlock, weights.size() - begin);
    return static_cast<double>(
        HWY_DYNAMIC_DISPATCH(add_up)(weights.data() + begin, static_cast<std::int64_t>(count)));
  };
  double total = 0;
  for (std::size_t begin = 0; begin < weights.size(); begin += kBlock) total += block_sum(begin);
  const double goal = u * total;
  double passed = 0;
  std::size_t last = 0;  // the last token of any weight, for when rounding leaves nothing beyond the goal
  for (std::size_t begin = 0; begin < weights.size(); begin += kBlock) {
    const double block = block_sum(begin);
    if (block > 0 && passed + block > goal) {
      double running = passed;
      for (std::size_t i = begin; i < std::min(weights.size(), begin + kBlock); ++i) {
        if (weights[i] <= 0) continue;
        last = i;
        running += static_cast<double>(weights[i]);
        if (running > goal) return i;
      }
      return last;
    }
    passed += block;
  }
  for (std::size_t i = weights.size(); i-- > 0;) {
    if (weights[i] > 0) return i;
  }
  return last;
}

}  // namespace

std::int32_t sample(const float* logits, std::int64_t v, const SampleRule& rule, double u,
                    std::vector<float>& scratch, float* logprob) {
  const bool greedy = rule.temperature == 0;
  const float scale = greedy ? 1 : 1 / rule.temperature;
  const float shift = HWY_DYNAMIC_DISPATCH(find_maximum)(logits, v);
  scratch.resize(static_cast<std::size_t>(v));
  const float total = HWY_DYNAMIC_DISPATCH(weigh)(logits, v, shift, scale, scratch.data());
  std::size_t token;
  if (greedy) {
    token =
        static_cast<std::size_t>(std::find(logits, logits + v, shift) - logits) % static_cast<std::size_t>(v);
  } else {
    if (rule.top_k > 0) {
      std::vector<float> room;
      keep_top_k(scratch, rule.top_k, room);
    }
    if (rule.top_p < 1) keep_top_p(scratch, rule.top_p);
    token = invert(scratch, u);
  }
  if (logprob) *logprob = (logits[token] - shift) * scale - std::log(total);
  return static_cast<std::int32_t>(token);
}

}  // namespace nudge::kernels
#endif
