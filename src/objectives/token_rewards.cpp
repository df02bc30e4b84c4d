#include "objectives/token_rewards.h"

namespace nudge {

std::vector<float> token_rewards(std::span<const float> kl, double kl_coef, double score, bool after_end) {
  std::vector<float> rewards;
  for (float token_kl : kl) rewards.push_back(static_cast<float>(-kl_coef * token_kl));
  if (after_end) rewards.push_back(0);
  rewards.back() += static_cast<float>(score);
  return rewards;
}

}  // namespace nudge
