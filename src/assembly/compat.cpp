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
  ppo.value_adam_epsilon = 1e-7;  // its one AdamW for policy and value weighs the value loss by vf_coef, 0.1
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

void grpo_of_trl(GrpoOptions& config, GrpoMethod method) {
  config.leash.beta = 0;
  config.leash.use_bias_correction_kl = true;
  config.advantage.epsilon = 1e-4;
  config.advantage.lone = LoneCompletion::none;
  config.advantage.unscorable = Unscorable::zero;
  config.aggregation.count_left_out = true;
  config.advantage.variance = Variance::unbiased;
  config.surrogate.cispo_range = CispoRange::cap;
  config.surrogate.log_ratio_limit = 0;
  config.leash.kl.limit = 0;
  config.surrogate.delta.reset();
  config.aggregation.token_mean = TokenMean::rollout;
  config.lr_scheduler_unit = RateUnit::update;
  switch (method) {
    case GrpoMethod::grpo:
      config.aggregation.loss_type = LossType::dapo;
      config.leash.kl_in = KlIn::loss;
      config.leash.kl.estimator = KlEstimator::k3;
      return;
    case GrpoMethod::dapo:
      config.dynamic_sampling = false;
      return;
    case GrpoMethod::cispo:
      config.surrogate.epsilon_high = 5;
      return;
    case GrpoMethod::rloo:
      config.leash.beta = 0.05;
      config.leash.kl_in = KlIn::sequence_reward;
      config.leash.kl.estimator = KlEstimator::k1;
      config.leash.use_bias_correction_kl = false;
      config.surrogate.level = ImportanceLevel::sequence_product;
      config.aggregation.loss_type = LossType::grpo;
      return;
    case GrpoMethod::dr_grpo:
    case GrpoMethod::bnpo:
    case GrpoMethod::gspo:
    case GrpoMethod::sapo:
    case GrpoMethod::gdpo:  // its multi_objective_aggregation normalize_then_sum
      return;
    default:
      refuse(Program::trl, method, kTrl);
  }
}

void grpo_of_openrlhf(GrpoOptions& config, GrpoMethod method) {
  config.leash.beta = 0.01;
  config.leash.kl_in = KlIn::token_reward;
  config.leash.kl.estimator = KlEstimator::k1;
  config.advantage.epsilon = 1e-9;
  config.leash.use_bias_correction_kl = false;
  config.advantage.lone = LoneCompletion::reward;
  config.aggregation.count_left_out = false;
  config.advantage.variance = Variance::biased;
  config.surrogate.log_ratio_limit = 20;
  config.leash.kl.limit = 10;
  config.surrogate.delta.reset();
  config.aggregation.token_mean = TokenMean::update;
  config.lr_scheduler_unit = RateUnit::update;
  config.advantage.clip_range = {-10, 10};  // its reward clip comes after the baseline
  switch (method) {
    case GrpoMethod::grpo:
    case GrpoMethod::dr_grpo:
      config.aggregation.loss_type = LossType::dapo;
      return;
    case GrpoMethod::gspo:
      config.surrogate.log_ratio_limit = 0;
      return;
    case GrpoMethod::rloo:
      config.surrogate.level = ImportanceLevel::token;
      config.aggregation.loss_type = LossType::dapo;
      return;
    case GrpoMethod::reinforce_plus_plus_baseline:
      config.leash.kl_in = KlIn::loss;
      config.leash.kl.estimator = KlEstimator::k2;
      return;
    case GrpoMethod::dapo:  // of a group's 0 and 1 its dynamic filtering keeps what ours does
    case GrpoMethod::reinforce_plus_plus:
      return;
    default:
      refuse(Program::openrlhf, method, kOpenRlhf);
  }
}

void grpo_of_verl(GrpoOptions& config, GrpoMethod method) {
  config.leash.beta = 0;
  config.leash.use_bias_correction_kl = false;
  config.advantage.epsilon = 1e-6;
  config.advantage.lone = LoneCompletion::reward;
  config.aggregation.count_left_out = false;
  config.advantage.variance = Variance::unbiased;
  config.surrogate.cispo_range = CispoRange::both;
  config.surrogate.log_ratio_limit = 20;
  config.leash.kl.limit = 0;
  config.surrogate.delta = 3;
  config.aggregation.token_mean = TokenMean::update;
  config.lr_scheduler_unit = RateUnit::rollout;
  switch (method) {
    case GrpoMethod::gdpo:
      config.advantage.normalize = AdvantageNorm::tokens;
      [[fallthrough]];
    case GrpoMethod::grpo:
      config.aggregation.loss_type = LossType::dapo;
      [[fallthrough]];
    case GrpoMethod::dr_grpo:
    case GrpoMethod::dapo:
      config.leash.kl.limit = 10;  // of k3 in its loss (low_var_kl); k1 in a reward is not cut
      return;
    case GrpoMethod::gspo:
      config.aggregation.loss_type = LossType::dapo;
      config.surrogate.log_ratio_limit = 10;
      config.surrogate.delta.reset();
      return;
    case GrpoMethod::cispo:
      config.surrogate.epsilon_high = 0.2;
      config.surrogate.delta.reset();
      return;
    case GrpoMethod::sapo:
      config.surrogate.delta.reset();
      return;
    case GrpoMethod::rloo:
      config.leash.kl_in = KlIn::sequence_reward;
      config.leash.kl.estimator = KlEstimator::k1;
      config.surrogate.level = ImportanceLevel::token;
      config.aggregation.loss_type = LossType::dapo;
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

std::vector<Preset<GrpoOptions>> grpo_of(Program program, GrpoMethod method) {
  const auto following = [&](const char* version, void (*set)(GrpoOptions&, GrpoMethod)) {
    return std::vector<Preset<GrpoOptions>>{
        {title(program, version), [=](GrpoOptions& config) { set(config, method); }}};
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
