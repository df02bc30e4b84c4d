#pragma once

#include <cstdint>
#include <vector>

namespace nudge::kernels {

/// How one token is drawn from logits. Plain softmax at a temperature unless top_k, top_p or min_p, in this
/// order, cut the support; temperature 0 is greedy.
struct SampleRule {
  float temperature = 1;
  std::int64_t top_k = 0;  // 0: no limit
  float top_p = 1;         // 1: no limit
  float min_p = 0;         // of the likeliest token's probability (Nguyen et al. 2024); 0: no limit
};

/// Draws one token from a row of logits [v] with a uniform number u in [0, 1) by inverting the cumulative
/// distribution, and returns its log-probability under the full softmax at the temperature (at temperature 0:
/// at temperature 1). `scratch` is reused between calls.
std::int32_t sample(const float* logits, std::int64_t v, const SampleRule& rule, double u,
                    std::vector<float>& scratch, float* logprob);

}  // namespace nudge::kernels
