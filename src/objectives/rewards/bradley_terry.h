#pragma once

#include "objectives/rewards/rater_noise.h"
#include "objectives/rewards/score_pairs.h"

namespace nudge {

/// Log-likelihood of Bradley and Terry (1952) as reward models use it (Ouyang et al. 2022, eq. 1), with the
/// margin m of Touvron et al. (2023, eq. 2), labels smoothed by s (the chance, known beforehand, that a label
/// is turned round; Wang et al. 2024, eq. 10) and raters who answer at random (rater_noise.h):
///   (1 - s) log p(d - m) + s log p(m - d),  p(x) = (1 - noise) sigma(x) + noise / 2,
///   d = better - worse. A pair must not be a tie. -> [P]
inline at::Tensor bradley_terry(const ScorePairs& pairs, double label_smoothing, double rater_noise) {
  const auto x = pairs.differences() - pairs.margins;
  const auto as_said = with_rater_noise(at::log_sigmoid(x), rater_noise, 2);
  if (label_smoothing == 0) return as_said;
  const auto turned_round = with_rater_noise(at::log_sigmoid(-x), rater_noise, 2);
  return (1 - label_smoothing) * as_said + label_smoothing * turned_round;
}

}  // namespace nudge
