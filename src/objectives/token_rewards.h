#pragma once

#include <span>
#include <vector>

#include "tensor/ragged.h"

namespace nudge {

/// The reward of each token of each completion (Ziegler et al. 2019, section 2): the leash at every token,
/// -kl_coef times its KL estimate, and the completion's score once, at the last token - the one that ends it.
/// TRL's PPO gives the score one step later, after the end: the completions of `after_end` [B] get that step,
/// one reward more than tokens; empty: none does. A row without any step gets no score.
Ragged token_rewards(const Ragged& kl, double kl_coef, std::span<const double> scores_B,
                     const std::vector<bool>& after_end_B = {});

}  // namespace nudge
