#pragma once

#include "objectives/rewards/log_sigmoid_difference.h"
#include "objectives/rewards/rater_noise.h"
#include "objectives/rewards/score_pairs.h"

namespace nudge {

/// Log-likelihood with ties of Rao and Kupper (1967): a rater sees no difference where it lies within a
/// threshold eta > 0 (their theta is exp(eta)). With d = better - worse:
///   P(better) = sigma(d - eta),  P(tie) = sigma(d + eta) - sigma(d - eta).
/// `free` [1] is log eta, learned along. -> [P]
inline at::Tensor rao_kupper(const ScorePairs& pairs, const at::Tensor& free, double rater_noise) {
  const auto d = pairs.differences(), eta = free.exp();
  const auto log_p =
      at::where(pairs.ties > 0, log_sigmoid_difference(d - eta, 2 * eta), at::log_sigmoid(d - eta));
  return with_rater_noise(log_p, rater_noise, 3);
}

}  // namespace nudge
