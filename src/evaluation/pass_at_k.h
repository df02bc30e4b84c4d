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
/// .5; an answer that could not be scored (NaN) is wrong and counted.
struct Solved {
  std::vector<std::pair<std::int64_t, Interval>> pass;  // for each k, over questions
  Interval never;                                       // share of questions that no sample solves
  Interval always;                                      // and that every sample does: neither teaches GRPO
  Interval length_right, length_wrong;                  // tokens of an answer; NaN where there is none
  std::int64_t unscorable = 0;
};

/// `answers` in groups of `group`, one question each. Error when k exceeds the group.
Solved solved(std::span<const Trajectory> answers, std::int64_t group, std::span<const std::int64_t> k);

}  // namespace nudge
