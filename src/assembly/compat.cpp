#include "assembly/compat.h"

#include "base/error.h"

namespace nudge {
namespace {

void ppo_of_trl(PpoOptions& ppo) {
  ppo.terminal_reward = TerminalReward::after_end;
  ppo.objective.whiten_variance = Variance::unbiased;
  ppo.objective.kl_estimator = RewardKl::k1;
  ppo.objective.kl_limit = 0;
  ppo.objective.surrogate.log_ratio_limit = 0;
  ppo.objective.surrogate.delta.reset();
  ppo.objective.cliprange_value = 0.2;
  ppo.objective.lambda = 0.95;
  ppo.policy.max_grad_norm = 0;
  ppo.policy.adam_epsilon = 1e-8;
  ppo.value_adam_epsilon =
      1e-7;  // its one AdamW for policy and value weighs the value loss by vf_coef, 0.1
  ppo.lr_scheduler_unit = RateUnit::rollout;
}

void ppo_of_openrlhf(PpoOptions& ppo) {
  ppo.terminal_reward = TerminalReward::last_token;
  ppo.objective.whiten_variance = Variance::biased;
  ppo.objective.kl_estimator = RewardKl::k1;
  ppo.objective.kl_limit = 10;
  ppo.objective.surrogate.log_ratio_limit = 20;
  ppo.objective.surrogate.delta.reset();
  ppo.objective.cliprange_value = 0.5;
  ppo.objective.lambda = 1;
  ppo.kl_coef.start = 0.01;
  ppo.policy.adam_epsilon = 1e-8;
  ppo.lr_scheduler_unit = RateUnit::update;
}

void ppo_of_verl(PpoOptions& ppo) {
  ppo.terminal_reward = TerminalReward::last_token;
  ppo.objective.whiten_variance = Variance::unbiased;
  ppo.objective.kl_estimator = RewardKl::k1;
  ppo.objective.kl_limit = 0;
  ppo.objective.surrogate.log_ratio_limit = 20;
  ppo.objective.surrogate.delta = 3;
  ppo.objective.cliprange_value = 0.5;
  ppo.objective.lambda = 1;
  ppo.kl_coef.start = 0;
  ppo.policy.adam_epsilon = 1e-8;
  ppo.lr_scheduler_unit = RateUnit::rollout;
}

[[noreturn]] void refuse(Program program, GrpoMethod method, const char* version) {
  throw UsageError(fmt::format("{} has no {}, so --compat {} cannot say how it would do it.", version,
                               name_of(method), name_of(program)));
}

constexpr const char* kTrl = "TRL 1.16";
constexpr const char* kOpenRlhf = "OpenRLHF 0.11.2";
constexpr const char* kVerl = "verl 0.9.1";

void grpo_of_trl(GrpoConfig& config, GrpoMethod method) {
  config.beta = 0;
  config.use_bias_correction_kl = true;
  config.advantage_epsilon = 1e-4;
  config.lone_completion = "none";
  config.unscorable = "zero";
  config.count_left_out = true;
  config.whiten_variance = "unbiased";
  config.cispo_range = "cap";
  config.log_ratio_limit = 0;
  config.kl_limit = 0;
  config.delta.reset();
  config.token_mean = "rollout";
  config.lr_scheduler_unit = "update";
  switch (method) {
    case GrpoMethod::grpo:
      config.loss_type = "dapo";
      config.kl_in = "loss";
      config.kl_estimator = "k3";
      return;
    case GrpoMethod::dapo:
      config.dynamic_sampling = false;
      return;
    case GrpoMethod::cispo:
      config.epsilon_high = 5;
      return;
    case GrpoMethod::rloo:
      config.beta = 0.05;
      config.kl_in = "sequence_reward";
      config.kl_estimator = "k1";
      config.use_bias_correction_kl = false;
      config.importance_sampling_level = "sequence_product";
      config.loss_type = "grpo";
      return;
    case GrpoMethod::dr_grpo:
    case GrpoMethod::bnpo:
    case GrpoMethod::gspo:
    case GrpoMethod::sapo:
      return;
    default:
      refuse(Program::trl, method, kTrl);
  }
}

void grpo_of_openrlhf(GrpoConfig& config, GrpoMethod method) {
  config.beta = 0.01;
  config.kl_in = "token_reward";
  config.kl_estimator = "k1";
  config.advantage_epsilon = 1e-9;
  config.use_bias_correction_kl = false;
  config.lone_completion = "reward";
  config.count_left_out = false;
  config.whiten_variance = "biased";
  config.log_ratio_limit = 20;
  config.kl_limit = 10;
  config.delta.reset();
  config.token_mean = "update";
  config.lr_scheduler_unit = "update";
  config.advantage_clip_range = {-10, 10};  // its reward clip comes after the baseline
  switch (method) {
    case GrpoMethod::grpo:
    case GrpoMethod::dr_grpo:
      config.loss_type = "dapo";
      return;
    case GrpoMethod::gspo:
      config.log_ratio_limit = 0;
      return;
    case GrpoMethod::rloo:
      config.importance_sampling_level = "token";
      config.loss_type = "dapo";
      return;
    case GrpoMethod::reinforce_plus_plus_baseline:
      config.kl_in = "loss";
      config.kl_estimator = "k2";
      return;
    case GrpoMethod::dapo:  // of a group's 0 and 1 its dynamic filtering keeps what ours does
    case GrpoMethod::reinforce_plus_plus:
      return;
    default:
      refuse(Program::openrlhf, method, kOpenRlhf);
  }
}

void grpo_of_verl(GrpoConfig& config, GrpoMethod method) {
  config.beta = 0;
  config.use_bias_correction_kl = false;
  config.advantage_epsilon = 1e-6;
  config.lone_completion = "reward";
  config.count_left_out = false;
  config.whiten_variance = "unbiased";
  config.cispo_range = "both";
  config.log_ratio_limit = 20;
  config.kl_limit = 0;
  config.delta = 3;
  config.token_mean = "update";
  config.lr_scheduler_unit = "rollout";
  switch (method) {
    case GrpoMethod::grpo:
      config.loss_type = "dapo";
      [[fallthrough]];
    case GrpoMethod::dr_grpo:
    case GrpoMethod::dapo:
      config.kl_limit = 10;  // of k3 in its loss (low_var_kl); k1 in a reward is not cut
      return;
    case GrpoMethod::gspo:
      config.loss_type = "dapo";
      config.log_ratio_limit = 10;
      config.delta.reset();
      return;
    case GrpoMethod::cispo:
      config.epsilon_high = 0.2;
      config.delta.reset();
      return;
    case GrpoMethod::sapo:
      config.delta.reset();
      return;
    case GrpoMethod::rloo:
      config.kl_in = "sequence_reward";
      config.kl_estimator = "k1";
      config.importance_sampling_level = "token";
      config.loss_type = "dapo";
      return;
    case GrpoMethod::reinforce_plus_plus:
    case GrpoMethod::reinforce_plus_plus_baseline:
    case GrpoMethod::remax:
      return;
    default:
      refuse(Program::verl, method, kVerl);
  }
}

std::string title(Program program, const std::string& version) {
  return "compat " + name_of(program) + " (" + version + ")";
}

}  // namespace

std::vector<Preset<PpoOptions>> ppo_of(Program program) {
  switch (program) {
    case Program::trl:
      return {{title(program, "TRL 1.12, the last that has PPO"), ppo_of_trl}};
    case Program::openrlhf:
      return {{title(program, kOpenRlhf), ppo_of_openrlhf}};
    case Program::verl:
      return {{title(program, kVerl), ppo_of_verl}};
    default:
      return {};
  }
}

std::vector<Preset<GrpoConfig>> grpo_of(Program program, GrpoMethod method) {
  const auto following = [&](const char* version, void (*set)(GrpoConfig&, GrpoMethod)) {
    return std::vector<Preset<GrpoConfig>>{
        {title(program, version), [=](GrpoConfig& config) { set(config, method); }}};
  };
  switch (program) {
    case Program::trl:
      return following(kTrl, grpo_of_trl);
    case Program::openrlhf:
      return following(kOpenRlhf, grpo_of_openrlhf);
    case Program::verl:
      return following(kVerl, grpo_of_verl);
    default:
      return {};
  }
}

}  // namespace nudge
