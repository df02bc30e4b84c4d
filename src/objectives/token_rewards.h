#pragma once

#include <span>
#include <vector>

namespace nudge {

/// The reward of each token of one completion (Ziegler et al. 2019, section 2): the leash at every token,
/// -kl_coef times its KL estimate, and the completion's score once, at the last token - the one that ends it.
/// TRL's PPO gives the score one step later, after the end: `after_end` adds that step, so there is one
/// reward more than tokens.
std::vector<float> token_rewards(std::span<const float> kl, double kl_coef, double score,
                                 bool after_end = false);

}  // namespace nudge
