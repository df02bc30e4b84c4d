#pragma once

#include <cstdint>
#include <vector>

#include "kernels/sample.h"
#include "text/tokenizer.h"

namespace nudge {

class Options;

/// How completions are drawn.
struct SamplingOptions {
  static constexpr std::int64_t kMostGenerations = 1 << 20;

  double temperature = 1.0;  // 0: greedy
  std::int64_t top_k = 0;    // 0: off. Forbidden in RL: the learner scores the full softmax
  double top_p = 1.0;        // 1: off. Forbidden in RL
  double min_p = 0;          // 0: off. Forbidden in RL
  std::int64_t max_new_tokens = 64;
  std::int64_t num_generations = 1;  // completions of each prompt
  std::uint64_t seed = 0;
  std::vector<TokenId> stop_tokens;
};

/// Declares how one token is drawn: temperature and what cuts the distribution.
void declare_drawing(Options& options, SamplingOptions& sampling);

/// How one token is drawn, as the kernel takes it.
kernels::SampleRule rule_of(const SamplingOptions& sampling);

/// Throws Error naming the number that is out of range.
void check_sampling(const SamplingOptions& sampling);

}  // namespace nudge
