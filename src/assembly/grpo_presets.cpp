#include "assembly/grpo_presets.h"

namespace nudge {

const std::vector<Settings>& grpo_presets() {
  static const std::vector<Settings> presets = {
      {kLeashed, "docs/grpo.md",
       "--baseline group --scale_rewards none --loss_type grpo --kl_in token_reward --kl_estimator k1 --beta "
       "0.5"},
      {"grpo", "Shao et al. 2024",
       "--baseline group --scale_rewards group --loss_type grpo --kl_in loss --kl_estimator k3 --beta 0.04"},
      {"dr_grpo", "Liu et al. 2025", "--baseline group --scale_rewards none --loss_type dr_grpo --beta 0"},
      {"dapo", "Yu et al. 2025",
       "--baseline group --scale_rewards group --loss_type dapo --epsilon_high 0.28 --dynamic_sampling true "
       "--beta 0"},
      {"bnpo", "TRL's loss_type of this name",
       "--baseline group --scale_rewards group --loss_type bnpo --beta 0"},
      {"gspo", "Zheng et al. 2025",
       "--baseline group --scale_rewards group --importance_sampling_level sequence --epsilon 3e-4 "
       "--epsilon_high 4e-4 --loss_type grpo --beta 0"},
      {"cispo", "MiniMax 2025",
       "--baseline group --scale_rewards group --surrogate cispo --epsilon_high 5 --loss_type dapo --beta 0"},
      {"sapo", "Gao et al. 2025",
       "--baseline group --scale_rewards group --surrogate sapo --loss_type grpo --beta 0"},
      {"rloo", "Ahmadian et al. 2024",
       "--baseline leave_one_out --scale_rewards none --importance_sampling_level sequence_product "
       "--loss_type grpo --kl_in sequence_reward --kl_estimator k1 --beta 0.05"},
      {"reinforce++", "Hu et al. 2025",
       "--num_generations 1 --baseline none --scale_rewards none --normalize_advantages tokens "
       "--loss_type dapo --kl_in token_reward --kl_estimator k1 --beta 0.01"},
      {"reinforce++-baseline", "Hu et al. 2025",
       "--baseline group --scale_rewards none --normalize_advantages tokens --loss_type dapo --kl_in loss "
       "--kl_estimator k2 --beta 0.01"},
      {"remax", "Li et al. 2023",
       "--num_generations 1 --baseline greedy --scale_rewards none --loss_type dapo --kl_in token_reward "
       "--kl_estimator k1 --beta 0.05"},
  };
  return presets;
}

}  // namespace nudge
