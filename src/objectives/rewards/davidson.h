#pragma once

#include "objectives/rewards/rater_noise.h"
#include "objectives/rewards/score_pairs.h"

namespace nudge {

/// Log-likelihood with ties of Davidson (1970): a tie is as likely as nu times the geometric mean of the two
/// choices. With d = better - worse and Z = exp(d / 2) + exp(-d / 2) + nu:
///   P(better) = exp(d / 2) / Z,  P(tie) = nu / Z.
/// `free` [1] is log nu, learned along. -> [P]
inline at::Tensor davidson(const ScorePairs& pairs, const at::Tensor& free, double rater_noise) {
  const auto half = pairs.differences() / 2, log_nu = free.expand_as(half);
  const auto log_z = at::logsumexp(at::stack({half, -half, log_nu}), 0);
  return with_rater_noise(at::where(pairs.ties > 0, log_nu, half) - log_z, rater_noise, 3);
}

}  // namespace nudge
