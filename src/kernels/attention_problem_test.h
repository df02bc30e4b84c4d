#pragma once

// Attention problems for tests: packed inputs and a slow, obvious twin in double.

#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/attention.h"
#include "kernels/every_target_test.h"

namespace nudge::kernels {

struct Case {
  std::vector<std::int64_t> lengths;
  std::int64_t heads, kv_heads, e;
  std::vector<std::int32_t> group_starts = {};  // none: each sequence stands alone
  std::int64_t window = 0;
  float soft_cap = 0, scale = 0;  // scale 0: 1 / sqrt(e)
};

inline const Case kCases[] = {{{1}, 1, 1, 8},          {{2, 1, 3}, 2, 1, 8},         {{17, 1, 33}, 4, 2, 16},
                              {{40, 25, 9}, 2, 2, 32}, {{70, 5}, 6, 2, 64},          {{20}, 3, 3, 48},
                              {{31, 50}, 2, 1, 128},   {{100, 49, 1, 24}, 2, 1, 24}, {{12, 7}, 2, 2, 5}};

// Trunks and branches beside sequences that stand alone: around the edges of panels and blocks of queries, a
// trunk of one token, a branch without any, a trunk without a branch.
inline const Case kBranched[] = {{{5, 3, 7}, 1, 1, 8, {0, 3}},
                                 {{1, 4, 9, 2, 20}, 4, 2, 16, {0, 3, 5}},
                                 {{50, 13, 0, 61, 8, 33, 40}, 4, 1, 24, {0, 4, 5, 7}},
                                 {{48, 48, 1, 47, 49}, 2, 2, 32, {0, 5}},
                                 {{17, 90, 3, 31}, 6, 2, 5, {0, 1, 4}}};

// Windows of one token, around the edges of panels and blocks of queries, and longer than what there is; over
// trunks too, of which a branch may see a part or nothing; soft caps that bend scores much, and not at all.
inline const Case kWindowed[] = {{{5, 1, 70}, 2, 1, 8, {}, 1},
                                 {{90, 33}, 4, 2, 16, {}, 7, 1.5f},
                                 {{150, 47}, 2, 1, 24, {}, 48, 0, 0.3f},
                                 {{100, 49}, 2, 2, 5, {}, 50, 100},
                                 {{31, 50}, 2, 1, 32, {}, 1000, 0.7f, 0.05f},
                                 {{5, 3, 7}, 1, 1, 8, {0, 3}, 4},
                                 {{50, 13, 0, 61, 8, 33, 120}, 4, 1, 24, {0, 4, 5, 7}, 20, 2},
                                 {{97, 48, 1, 47, 130}, 2, 2, 32, {0, 5}, 60},
                                 {{17, 90, 3, 31}, 6, 2, 5, {0, 1, 4}, 33, 1}};

/// Packed inputs of one case, q, k and v as slices of one projection [T, (heads + 2 kv_heads) * e].
struct Problem {
  explicit Problem(const Case& c)
      : group_starts(c.group_starts),
        heads(c.heads),
        kv_heads(c.kv_heads),
        e(c.e),
        window(c.window),
        soft_cap(c.soft_cap),
        scale(c.scale > 0 ? c.scale : 1 / std::sqrt(float(c.e))) {
    for (const auto length : c.lengths) starts.push_back(starts.back() + std::int32_t(length));
    tokens = starts.back();
    ld = (heads + 2 * kv_heads) * e;
    qkv = numbers(tokens * ld, 11, 2);
    d_out = numbers(tokens * heads * e, 12);
  }
  AttentionShape shape() const {
    AttentionShape shape{
        starts.data(), std::int64_t(starts.size()) - 1, heads, kv_heads, e, ld, ld, ld, heads * e, scale};
    shape.window = window;
    shape.soft_cap = soft_cap;
    shape.precision = precision;
    if (group_starts.empty()) return shape;
    shape.group_starts = group_starts.data();
    shape.groups = std::int64_t(group_starts.size()) - 1;
    return shape;
  }
  /// Tokens that stand before sequence b's own.
  std::vector<std::int64_t> trunk_of(std::size_t b) const {
    std::size_t first = b;
    for (const std::int32_t start : group_starts)
      if (start <= std::int32_t(b)) first = std::size_t(start);
    std::vector<std::int64_t> tokens(first == b ? 0 : std::size_t(starts[first + 1] - starts[first]));
    std::iota(tokens.begin(), tokens.end(), starts[first]);
    return tokens;
  }
  std::int64_t k_offset() const { return heads * e; }
  std::int64_t v_offset() const { return (heads + kv_heads) * e; }

  std::vector<std::int32_t> starts{0}, group_starts;
  std::int64_t tokens, heads, kv_heads, e, ld, window;
  float soft_cap, scale;
  Precision precision = Precision::float32;
  std::vector<float> qkv, d_out;
};

struct Slow {
  std::vector<double> out, log_sum_exp, d_qkv;
};

inline Slow slow_attention(const Problem& p) {
  Slow slow{std::vector<double>(std::size_t(p.tokens * p.heads * p.e)),
            std::vector<double>(std::size_t(p.tokens * p.heads)), std::vector<double>(p.qkv.size())};
  const double scale = p.scale;
  for (std::size_t b = 0; b + 1 < p.starts.size(); ++b) {
    for (std::int64_t h = 0; h < p.heads; ++h) {
      const std::int64_t kv = h / (p.heads / p.kv_heads);
      std::vector<std::int64_t> before = p.trunk_of(b);
      for (std::int64_t i = p.starts[b]; i < p.starts[b + 1]; ++i) {
        before.push_back(i);
        const std::int64_t hidden = p.window > 0 ? std::ssize(before) - p.window : 0;
        const std::vector<std::int64_t> keys(before.begin() + std::max<std::int64_t>(0, hidden),
                                             before.end());
        const auto at = [&](std::int64_t token, std::int64_t offset, std::int64_t x) {
          return std::size_t(token * p.ld + offset + x);
        };
        const std::int64_t q0 = h * p.e, k0 = p.k_offset() + kv * p.e, v0 = p.v_offset() + kv * p.e;
        std::vector<double> weights, bends;
        double total = 0;
        for (const std::int64_t j : keys) {
          double score = 0;
          for (std::int64_t x = 0; x < p.e; ++x)
            score += double(p.qkv[at(i, q0, x)]) * double(p.qkv[at(j, k0, x)]);
          score *= scale;
          const double bent = p.soft_cap > 0 ? p.soft_cap * std::tanh(score / double(p.soft_cap)) : score;
          bends.push_back(p.soft_cap > 0 ? 1 - std::pow(bent / double(p.soft_cap), 2) : 1);
          weights.push_back(std::exp(bent));
          total += weights.back();
        }
        slow.log_sum_exp[std::size_t(i * p.heads + h)] = std::log(total);
        double mean = 0;
        std::vector<double> slopes;
        for (std::size_t j = 0; j < weights.size(); ++j) {
          weights[j] /= total;
          double slope = 0;
          for (std::int64_t x = 0; x < p.e; ++x) {
            const double v = p.qkv[at(keys[j], v0, x)];
            const double gradient = p.d_out[std::size_t((i * p.heads + h) * p.e + x)];
            slow.out[std::size_t((i * p.heads + h) * p.e + x)] += weights[j] * v;
            slow.d_qkv[at(keys[j], v0, x)] += weights[j] * gradient;
            slope += gradient * v;
          }
          slopes.push_back(slope);
          mean += weights[j] * slope;
        }
        for (std::size_t j = 0; j < weights.size(); ++j) {
          const double d_score = weights[j] * (slopes[j] - mean) * bends[j] * scale;
          for (std::int64_t x = 0; x < p.e; ++x) {
            const std::size_t q = at(i, q0, x), k = at(keys[j], k0, x);
            slow.d_qkv[q] += d_score * double(p.qkv[k]);
            slow.d_qkv[k] += d_score * double(p.qkv[q]);
          }
        }
      }
    }
  }
  return slow;
}

struct Fast {
  std::vector<float> out, log_sum_exp, d_qkv;
};

inline Fast fast_attention(const Problem& p) {
  Fast fast{std::vector<float>(p.d_out.size(), NAN), std::vector<float>(std::size_t(p.tokens * p.heads), NAN),
            std::vector<float>(p.qkv.size(), NAN)};
  const float *q = p.qkv.data(), *k = q + p.k_offset(), *v = q + p.v_offset();
  float *dq = fast.d_qkv.data(), *dk = dq + p.k_offset(), *dv = dq + p.v_offset();
  causal_attention(p.shape(), q, k, v, fast.out.data(), fast.log_sum_exp.data());
  causal_attention_backward(p.shape(), p.d_out.data(), q, k, v, fast.out.data(), fast.log_sum_exp.data(), dq,
                            dk, dv);
  return fast;
}

}  // namespace nudge::kernels
