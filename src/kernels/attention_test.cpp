#include "kernels/attention.h"

#include <omp.h>

#include <span>

#include "kernels/attention_problem_test.h"

namespace nudge::kernels {
namespace {

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
