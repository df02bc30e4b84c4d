#include "kernels/attention_bf16.h"

#include <omp.h>

#include <span>

#include "kernels/attention_problem_test.h"
#include "kernels/bf16/every_path_test.h"

namespace nudge::kernels {
namespace {

using bf16::on_every_path;

void round_all(std::vector<float>& x) {
  for (float& value : x) value = bf16::widen(bf16::round(value));
}

/// A case whose numbers, and its queries times their scale, are bf16 already: only weights and their
/// gradients are rounded yet.
Problem rounded_problem(Case c) {
  c.scale = 0.25f;
  Problem problem(c);
  problem.precision = Precision::bfloat16;
  round_all(problem.qkv);
  round_all(problem.d_out);
  return problem;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases(std::begin(kCases), std::end(kCases));
  cases.insert(cases.end(), std::begin(kBranched), std::end(kBranched));
  cases.insert(cases.end(), std::begin(kWindowed), std::end(kWindowed));
  cases.push_back({{1100, 40}, 2, 1, 40});
  return cases;
}

TEST(AttentionBf16, ForwardAndBackwardAreNearTheSlowLoops) {
  on_every_path([] {
    for (const Case& c : all_cases()) {
      SCOPED_TRACE(c.e);
      const Problem problem = rounded_problem(c);
      const Slow slow = slow_attention(problem);
      const Fast fast = fast_attention(problem);
      EXPECT_LT(worst_error(fast.log_sum_exp, slow.log_sum_exp), 3e-6) << "scores are not rounded";
      EXPECT_LT(worst_error(fast.out, slow.out), 8e-3);
      EXPECT_LT(worst_error(fast.d_qkv, slow.d_qkv), 3e-2);
    }
  });
}

// Rounding is all that separates it from the products in fp32, so that a case of which nothing is rounded
// much (all weights equal, and powers of two) is exact.
TEST(AttentionBf16, EqualWeightsGiveTheMean) {
  on_every_path([] {
    Problem problem({{4, 64}, 2, 2, 16});
    problem.precision = Precision::bfloat16;
    round_all(problem.qkv);
    for (std::int64_t t = 0; t < problem.tokens; ++t)
      std::fill_n(problem.qkv.begin() + t * problem.ld, problem.k_offset(), 0.0f);
    const Slow slow = slow_attention(problem);
    EXPECT_LT(worst_error(fast_attention(problem).out, slow.out), 1e-6);
  });
}

std::vector<float> last(const std::vector<float>& x, std::size_t n) {
  return {x.end() - static_cast<std::ptrdiff_t>(n), x.end()};
}

TEST(AttentionBf16, ASequenceDependsNeitherOnItsNeighboursNorOnThreads) {
  on_every_path([] {
    const Problem together = rounded_problem({{50, 13, 90}, 4, 2, 16});
    const Fast expected = fast_attention(together);
    Problem alone = rounded_problem({{90}, 4, 2, 16});
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

/// Tokens of a problem, each behind what stands before it, decoded from caches that held garbage.
std::vector<float> decoded(const Problem& p, std::size_t b) {
  const Bf16Cache cache{Bf16Cache::rounded(240), p.e};
  bf16::AlignedBits keys(p.kv_heads * cache.keys_size(), 0x7fff),
      values(p.kv_heads * cache.values_size(), 0x7fff);
  std::vector<std::int64_t> tokens = p.trunk_of(b);
  for (std::int64_t i = p.starts[b]; i < p.starts[b + 1]; ++i) tokens.push_back(i);
  std::vector<float> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const float* token = p.qkv.data() + tokens[i] * p.ld;
    for (std::int64_t h = 0; h < p.kv_heads; ++h)
      cache.write(static_cast<std::int64_t>(i), token + p.k_offset() + h * p.e,
                  token + p.v_offset() + h * p.e, keys.data() + h * cache.keys_size(),
                  values.data() + h * cache.values_size());
    bf16::AlignedBits copied_keys(keys.size(), 0x7fff), copied_values(values.size(), 0x7fff);
    const auto length = static_cast<std::int32_t>(i + 1);
    for (std::int64_t h = 0; h < p.kv_heads; ++h) {
      cache.copy_keys(keys.data() + h * cache.keys_size(), length,
                      copied_keys.data() + h * cache.keys_size());
      cache.copy_values(values.data() + h * cache.values_size(), length,
                        copied_values.data() + h * cache.values_size());
    }
    const bf16::Bits *k = copied_keys.data(), *v = copied_values.data();
    std::vector<float> row(static_cast<std::size_t>(p.heads * p.e));
    decode_attention({.rows = 1,
                      .heads = p.heads,
                      .kv_heads = p.kv_heads,
                      .e = p.e,
                      .capacity = cache.capacity,
                      .ldq = p.heads * p.e,
                      .ldo = p.heads * p.e,
                      .scale = p.scale,
                      .window = p.window,
                      .soft_cap = p.soft_cap},
                     token, &k, &v, &length, row.data());
    if (tokens[i] >= p.starts[b]) out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

// What lets the first ratio of a policy's update be one.
TEST(AttentionBf16, DecodingGivesTheBitsOfTheForwardPass) {
  on_every_path([] {
    std::vector<Case> cases(std::begin(kCases), std::end(kCases));
    cases.insert(cases.end(), std::begin(kBranched), std::end(kBranched));
    cases.insert(cases.end(), std::begin(kWindowed), std::end(kWindowed));
    for (const Case& c : cases) {
      SCOPED_TRACE(c.e);
      Problem problem(c);
      problem.precision = Precision::bfloat16;
      const std::vector<float> out = fast_attention(problem).out;
      const std::int64_t width = problem.heads * problem.e;
      for (std::size_t b = 0; b + 1 < problem.starts.size(); ++b)
        EXPECT_EQ(decoded(problem, b), std::vector<float>(out.begin() + problem.starts[b] * width,
                                                          out.begin() + problem.starts[b + 1] * width))
            << b;
    }
  });
}

}  // namespace
}  // namespace nudge::kernels
