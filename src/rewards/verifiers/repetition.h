#pragma once

#include <cstdint>

#include "records/records.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// max_penalty times the share of token n-grams that repeat an earlier one (arXiv 2502.03373, appendix C.2;
/// TRL's `get_repetition_penalty_reward`). 0 for completions shorter than an n-gram.
struct RepetitionPenalty {
  std::int64_t ngram_size = 3;
  double max_penalty = -1;
  double operator()(const Trajectory& trajectory) const;
};
void declare(SpecReader& spec, RepetitionPenalty& penalty);

}  // namespace nudge
