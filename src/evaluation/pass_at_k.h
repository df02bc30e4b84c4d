#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/statistics.h"
#include "records/records.h"

namespace nudge {

/// Unbiased estimate of the chance that at least one of k answers is right, from n >= k samples of which
/// `right` are (Chen et al. 2021, eq. 1): 1 - C(n - right, k) / C(n, k).
double pass_at_k(std::int64_t n, std::int64_t right, std::int64_t k);

/// How a policy solves questions whose answers can be checked. An answer is right when its score is at least
/// .5. One that could not be checked (NaN) is neither right nor wrong: it is counted and left out, and so is
/// a question of which fewer than k answers were checked from pass@k, or none from the shares.
struct Solved {
  struct Pass {
    std::int64_t k;
    Interval chance;                  // over questions; NaN without any
    std::int64_t questions_left_out;  // with fewer than k checked answers
  };
  std::vector<Pass> pass;               // for each k
  Interval never;                       // share of questions that no sample solves
  Interval always;                      // and that every sample does: neither teaches GRPO
  Interval length_right, length_wrong;  // tokens of an answer; NaN where there is none
  std::int64_t unscorable = 0;          // answers
};

/// `answers` in groups of `group`, one question each. Error when k exceeds the group, and when no answer at
/// all could be checked.
Solved solved(std::span<const Trajectory> answers, std::int64_t group, std::span<const std::int64_t> k);

}  // namespace nudge
