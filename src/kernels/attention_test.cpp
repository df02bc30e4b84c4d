#include "kernels/attention.h"

#include <omp.h>

#include <numeric>
#include <span>

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

struct Case {
  std::vector<std::int64_t> lengths;
  std::int64_t heads, kv_heads, e;
  std::vector<std::int32_t> group_starts = {};  // none: each sequence stands alone
  std::int64_t window = 0;
  float soft_cap = 0, scale = 0;  // scale 0: 1 / sqrt(e)
};

const Case kCases[] = {{{1}, 1, 1, 8},          {{2, 1, 3}, 2, 1, 8},         {{17, 1, 33}, 4, 2, 16},
                       {{40, 25, 9}, 2, 2, 32}, {{70, 5}, 6, 2, 64},          {{20}, 3, 3, 48},
                       {{31, 50}, 2, 1, 128},   {{100, 49, 1, 24}, 2, 1, 24}, {{12, 7}, 2, 2, 5}};

// Trunks and branches beside sequences that stand alone: around the edges of panels and blocks of queries, a
// trunk of one token, a branch without any, a trunk without a branch.
const Case kBranched[] = {{{5, 3, 7}, 1, 1, 8, {0, 3}},
                          {{1, 4, 9, 2, 20}, 4, 2, 16, {0, 3, 5}},
                          {{50, 13, 0, 61, 8, 33, 40}, 4, 1, 24, {0, 4, 5, 7}},
                          {{48, 48, 1, 47, 49}, 2, 2, 32, {0, 5}},
                          {{17, 90, 3, 31}, 6, 2, 5, {0, 1, 4}}};

// Windows of one token, around the edges of panels and blocks of queries, and longer than what there is; over
// trunks too, of which a branch may see a part or nothing; soft caps that bend scores much, and not at all.
const Case kWindowed[] = {{{5, 1, 70}, 2, 1, 8, {}, 1},
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
  std::vector<float> qkv, d_out;
};

struct Slow {
  std::vector<double> out, log_sum_exp, d_qkv;
};

Slow slow_attention(const Problem& p) {
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

Fast fast_attention(const Problem& p) {
  Fast fast{std::vector<float>(p.d_out.size(), NAN), std::vector<float>(std::size_t(p.tokens * p.heads), NAN),
            std::vector<float>(p.qkv.size(), NAN)};
  const float *q = p.qkv.data(), *k = q + p.k_offset(), *v = q + p.v_offset();
  float *dq = fast.d_qkv.data(), *dk = dq + p.k_offset(), *dv = dq + p.v_offset();
  causal_attention(p.shape(), q, k, v, fast.out.data(), fast.log_sum_exp.data());
  causal_attention_backward(p.shape(), p.d_out.data(), q, k, v, fast.out.data(), fast.log_sum_exp.data(), dq,
                            dk, dv);
  return fast;
}

TEST(CausalAttention, ForwardAndBackwardEqualTheSlowLoops) {
  on_every_target([] {
    for (const auto& cases : {std::span<const Case>(kCases), std::span<const Case>(kBranched),
                              std::span<const Case>(kWindowed)}) {
      for (const Case& c : cases) {
        SCOPED_TRACE(c.e);
        const Problem problem(c);
        const Slow slow = slow_attention(problem);
        const Fast fast = fast_attention(problem);
        EXPECT_LT(worst_error(fast.out, slow.out), 3e-6);
        EXPECT_LT(worst_error(fast.log_sum_exp, slow.log_sum_exp), 3e-6);
        EXPECT_LT(worst_error(fast.d_qkv, slow.d_qkv), 2e-5);
      }
    }
  });
}

/// A branch behind its trunk as one sequence: what a batch without groups would hold.
Problem unfolded(const Problem& p, std::size_t b) {
  std::vector<std::int64_t> tokens = p.trunk_of(b);
  for (std::int64_t i = p.starts[b]; i < p.starts[b + 1]; ++i) tokens.push_back(i);
  Problem alone({{std::int64_t(tokens.size())}, p.heads, p.kv_heads, p.e, {}, p.window, p.soft_cap, p.scale});
  const std::int64_t width = p.heads * p.e;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::copy_n(p.qkv.begin() + tokens[i] * p.ld, p.ld, alone.qkv.begin() + std::int64_t(i) * p.ld);
    std::copy_n(p.d_out.begin() + tokens[i] * width, width, alone.d_out.begin() + std::int64_t(i) * width);
  }
  return alone;
}

TEST(CausalAttention, ABranchIsWhatItWouldBeBehindItsTrunkBitForBit) {
  on_every_target([] {
    std::vector<Case> cases(std::begin(kBranched), std::end(kBranched));
    cases.insert(cases.end(), std::begin(kWindowed), std::end(kWindowed));
    for (const Case& c : cases) {
      const Problem problem(c);
      const Fast together = fast_attention(problem);
      for (std::size_t b = 0; b + 1 < problem.starts.size(); ++b) {
        SCOPED_TRACE(b);
        const std::int64_t own = problem.starts[b + 1] - problem.starts[b];
        const Fast alone = fast_attention(unfolded(problem, b));
        const auto same = [&](const std::vector<float>& all, const std::vector<float>& one, std::int64_t ld,
                              std::int64_t width) {
          for (std::int64_t i = 0; i < own; ++i) {
            const auto expected = one.end() - (own - i) * ld;
            EXPECT_TRUE(std::equal(expected, expected + width, all.begin() + (problem.starts[b] + i) * ld));
          }
        };
        same(together.out, alone.out, c.heads * c.e, c.heads * c.e);
        same(together.log_sum_exp, alone.log_sum_exp, c.heads, c.heads);
        // The branches' gradients flow into the keys and values of the trunk, but not into its queries.
        const bool branch = !problem.trunk_of(b).empty();
        same(together.d_qkv, alone.d_qkv, problem.ld, branch ? problem.ld : c.heads * c.e);
      }
    }
  });
}

TEST(CausalAttention, TheSlowGradientEqualsFiniteDifferences) {
  Problem problem({{6, 3, 4}, 4, 2, 8, {0, 1, 3}, 5, 1.5f});
  const Slow slow = slow_attention(problem);
  const auto loss = [&] {
    const Slow s = slow_attention(problem);
    double sum = 0;
    for (std::size_t i = 0; i < s.out.size(); ++i) sum += s.out[i] * double(problem.d_out[i]);
    return sum;
  };
  for (std::size_t i = 0; i < problem.qkv.size(); i += 7) {
    const float x = problem.qkv[i], up = x + 1e-3f, down = x - 1e-3f;
    problem.qkv[i] = up;
    const double above = loss();
    problem.qkv[i] = down;
    const double below = loss();
    problem.qkv[i] = x;
    EXPECT_NEAR(slow.d_qkv[i], (above - below) / (double(up) - double(down)), 1e-4);
  }
}

TEST(CausalAttention, ASequenceDoesNotDependOnItsNeighboursNorOnThreads) {
  on_every_target([] {
    const Problem together({{50, 13, 90}, 4, 2, 16});
    const Fast expected = fast_attention(together);
    Problem alone({{90}, 4, 2, 16});
    const auto last = [](const std::vector<float>& x, std::size_t n) {
      return std::vector<float>(x.end() - n, x.end());
    };
    alone.qkv = last(together.qkv, alone.qkv.size());
    alone.d_out = last(together.d_out, alone.d_out.size());
    const int before = omp_get_max_threads();
    omp_set_num_threads(3);
    const Fast fast = fast_attention(alone);
    omp_set_num_threads(before);
    EXPECT_EQ(fast.out, last(expected.out, fast.out.size()));
    EXPECT_EQ(fast.d_qkv, last(expected.d_qkv, fast.d_qkv.size()));
  });
}

TEST(CausalAttention, LargeScoresStayFinite) {
  on_every_target([] {
    for (const Case& c : {Case{{40}, 1, 1, 16}, Case{{40}, 1, 1, 16, {}, 9, 50}}) {
      Problem problem(c);
      for (float& x : problem.qkv) x *= 40;
      const Fast fast = fast_attention(problem);
      for (const float x : fast.out) ASSERT_TRUE(std::isfinite(x));
      for (const float x : fast.d_qkv) ASSERT_TRUE(std::isfinite(x));
    }
  });
}

// A window that shows everything and no cap take the way of old.
TEST(CausalAttention, AWindowAsLongAsTheSequenceChangesNoBit) {
  on_every_target([] {
    const Fast open = fast_attention(Problem({{90, 41}, 4, 2, 16}));
    const Fast windowed = fast_attention(Problem({{90, 41}, 4, 2, 16, {}, 90}));
    EXPECT_EQ(open.out, windowed.out);
    EXPECT_EQ(open.d_qkv, windowed.d_qkv);
  });
}

TEST(DecodeAttention, EqualsTheLastRowOfCausalAttention) {
  on_every_target([] {
    std::vector<Case> cases(std::begin(kCases), std::end(kCases));
    for (const Case& c : kWindowed)
      if (c.group_starts.empty()) cases.push_back(c);
    for (const Case& c : cases) {
      SCOPED_TRACE(c.e);
      const Problem p(c);
      const Slow slow = slow_attention(p);
      const std::int64_t rows = std::int64_t(c.lengths.size()), capacity = 151;
      std::vector<std::vector<float>> caches;
      std::vector<const float*> keys, values;
      std::vector<std::int32_t> lengths;
      std::vector<float> q, out(std::size_t(rows * c.heads * c.e));
      std::vector<double> expected;
      for (std::int64_t r = 0; r < rows; ++r) {
        for (const std::int64_t offset : {p.k_offset(), p.v_offset()}) {
          // Exactly as large as promised, so that a sanitizer sees a read beyond the end.
          std::vector<float> cache(std::size_t(c.kv_heads * capacity * c.e), NAN);
          for (std::int64_t h = 0; h < c.kv_heads; ++h) {
            for (std::int64_t j = 0; j < c.lengths[r]; ++j) {
              std::copy_n(p.qkv.data() + (p.starts[r] + j) * p.ld + offset + h * c.e, c.e,
                          cache.data() + (h * capacity + j) * c.e);
            }
          }
          caches.push_back(std::move(cache));
        }
        lengths.push_back(std::int32_t(c.lengths[r]));
        const std::int64_t last = p.starts[r + 1] - 1;
        q.insert(q.end(), p.qkv.begin() + last * p.ld, p.qkv.begin() + last * p.ld + c.heads * c.e);
        const auto row = slow.out.begin() + last * c.heads * c.e;
        expected.insert(expected.end(), row, row + c.heads * c.e);
      }
      for (std::int64_t r = 0; r < rows; ++r) {
        keys.push_back(caches[2 * r].data());
        values.push_back(caches[2 * r + 1].data());
      }
      decode_attention({.rows = rows,
                        .heads = c.heads,
                        .kv_heads = c.kv_heads,
                        .e = c.e,
                        .capacity = capacity,
                        .ldq = c.heads * c.e,
                        .ldo = c.heads * c.e,
                        .scale = p.scale,
                        .window = p.window,
                        .soft_cap = p.soft_cap},
                       q.data(), keys.data(), values.data(), lengths.data(), out.data());
      EXPECT_LT(worst_error(out, expected), 3e-6);
    }
  });
}

// So many that they are fetched ahead.
TEST(DecodeAttention, ManyRowsAreWhatEachGivesAlone) {
  on_every_target([] {
    const std::int64_t rows = 64, heads = 4, kv_heads = 2, e = 64, capacity = 50;
    const auto q = numbers(rows * heads * e, 1), keys = numbers(rows * kv_heads * capacity * e, 2),
               values = numbers(rows * kv_heads * capacity * e, 3);
    std::vector<const float*> key, value;
    std::vector<std::int32_t> lengths;
    for (std::int64_t r = 0; r < rows; ++r) {
      key.push_back(keys.data() + r * kv_heads * capacity * e);
      value.push_back(values.data() + r * kv_heads * capacity * e);
      lengths.push_back(static_cast<std::int32_t>(capacity - r % 7));
    }
    std::vector<float> together(q.size()), alone(q.size());
    const auto attend = [&](std::int64_t first, std::int64_t count, float* out) {
      decode_attention({.rows = count,
                        .heads = heads,
                        .kv_heads = kv_heads,
                        .e = e,
                        .capacity = capacity,
                        .ldq = heads * e,
                        .ldo = heads * e,
                        .scale = 0.125f},
                       q.data() + first * heads * e, &key[first], &value[first], &lengths[first],
                       out + first * heads * e);
    };
    attend(0, rows, together.data());
    for (std::int64_t r = 0; r < rows; ++r) attend(r, 1, alone.data());
    EXPECT_EQ(together, alone);
  });
}

}  // namespace
}  // namespace nudge::kernels
