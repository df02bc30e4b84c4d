#include "assembly/grpo_presets.h"

#include <algorithm>

namespace nudge {
namespace {

void compare(GrpoConfig& config, const std::string& baseline, const std::string& scale) {
  config.baseline = baseline;
  config.scale_rewards = scale;
}

void leash(GrpoConfig& config, double beta, const std::string& kl_in, const std::string& estimator) {
  config.beta = beta;
  config.kl_in = kl_in;
  config.kl_estimator = estimator;
}

void no_leash(GrpoConfig& config) {
  leash(config, 0, "loss", "k3");
}

struct Known {
  GrpoMethod method;
  const char* source;
  void (*set)(GrpoConfig&);
};

constexpr Known kKnown[] = {
    {GrpoMethod::leashed, "docs/grpo.md",
     [](GrpoConfig& config) {
       compare(config, "group", "none");
       config.loss_type = "grpo";
       leash(config, 0.5, "token_reward", "k1");
     }},
    {GrpoMethod::grpo, "Shao et al. 2024",
     [](GrpoConfig& config) {
       compare(config, "group", "group");
       config.loss_type = "grpo";
       leash(config, 0.04, "loss", "k3");
     }},
    {GrpoMethod::dr_grpo, "Liu et al. 2025",
     [](GrpoConfig& config) {
       compare(config, "group", "none");
       config.loss_type = "dr_grpo";
       no_leash(config);
     }},
    {GrpoMethod::dapo, "Yu et al. 2025",
     [](GrpoConfig& config) {
       compare(config, "group", "group");
       config.loss_type = "dapo";
       config.epsilon_high = 0.28;
       config.dynamic_sampling = true;
       no_leash(config);
     }},
    {GrpoMethod::bnpo, "TRL's loss_type of this name",
     [](GrpoConfig& config) {
       compare(config, "group", "group");
       config.loss_type = "bnpo";
       no_leash(config);
     }},
    {GrpoMethod::gspo, "Zheng et al. 2025",
     [](GrpoConfig& config) {
       compare(config, "group", "group");
       config.importance_sampling_level = "sequence";
       config.epsilon = 3e-4;
       config.epsilon_high = 4e-4;
       config.loss_type = "grpo";
       no_leash(config);
     }},
    {GrpoMethod::cispo, "MiniMax 2025",
     [](GrpoConfig& config) {
       compare(config, "group", "group");
       config.surrogate = "cispo";
       config.epsilon_high = 5;
       config.loss_type = "dapo";
       no_leash(config);
     }},
    {GrpoMethod::sapo, "Gao et al. 2025",
     [](GrpoConfig& config) {
       compare(config, "group", "group");
       config.surrogate = "sapo";
       config.loss_type = "grpo";
       no_leash(config);
     }},
    {GrpoMethod::rloo, "Ahmadian et al. 2024",
     [](GrpoConfig& config) {
       compare(config, "leave_one_out", "none");
       config.importance_sampling_level = "sequence_product";
       config.loss_type = "grpo";
       leash(config, 0.05, "sequence_reward", "k1");
     }},
    {GrpoMethod::reinforce_plus_plus, "Hu et al. 2025",
     [](GrpoConfig& config) {
       config.num_generations = 1;
       compare(config, "none", "none");
       config.normalize_advantages = "tokens";
       config.loss_type = "dapo";
       leash(config, 0.01, "token_reward", "k1");
     }},
    {GrpoMethod::reinforce_plus_plus_baseline, "Hu et al. 2025",
     [](GrpoConfig& config) {
       compare(config, "group", "none");
       config.normalize_advantages = "tokens";
       config.loss_type = "dapo";
       leash(config, 0.01, "loss", "k2");
     }},
    {GrpoMethod::remax, "Li et al. 2023",
     [](GrpoConfig& config) {
       config.num_generations = 1;
       compare(config, "greedy", "none");
       config.loss_type = "dapo";
       leash(config, 0.05, "token_reward", "k1");
     }},
};

}  // namespace

Preset<GrpoConfig> grpo_preset(GrpoMethod method) {
  const auto* known = std::ranges::find(kKnown, method, &Known::method);
  return {"preset " + name_of(method) + " (" + known->source + ")", known->set};
}

}  // namespace nudge
