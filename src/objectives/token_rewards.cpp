#include "objectives/token_rewards.h"

namespace nudge {

std::vector<float> token_rewards(std::span<const float> kl, double kl_coef, double score) {
  std::vector<float> rewards;
  rewards.reserve(kl.size());
  for (float token_kl : kl) rewards.push_back(static_cast<float>(-kl_coef * token_kl));
  rewards.back() += static_cast<float>(score);
  return rewards;
}

}  // namespace nudge
