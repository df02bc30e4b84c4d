#include "assembly/compat.h"

#include <map>

#include "base/error.h"

namespace nudge {
namespace {

// What a program does in its PPO, in all of its methods without a critic, then in one of them.
struct Conventions {
  std::string version, ppo_version, ppo, everywhere;
  std::map<std::string, std::string> by_method;
};

const std::map<std::string, Conventions>& conventions() {
  static const std::map<std::string, Conventions> all = {
      {"trl",
       {.version = "TRL 1.16",
        .ppo_version = "TRL 1.12, the last that has PPO",
        // Its one AdamW for policy and value has the value loss weighted by vf_coef, 0.1.
        .ppo = "--terminal_reward after_end --whiten_variance unbiased --kl_estimator k1 --kl_limit 0 "
               "--log_ratio_limit 0 --delta none --cliprange_value 0.2 --lam 0.95 --max_grad_norm 0 "
               "--adam_epsilon 1e-8 --value_adam_epsilon 1e-7 --lr_scheduler_unit rollout",
        .everywhere =
            "--beta 0 --use_bias_correction_kl true --advantage_epsilon 1e-4 --lone_completion none "
            "--unscorable zero --count_left_out true --whiten_variance unbiased --cispo_range cap "
            "--log_ratio_limit 0 --kl_limit 0 --delta none --token_mean rollout --lr_scheduler_unit update",
        .by_method = {{"grpo", "--loss_type dapo --kl_in loss --kl_estimator k3"},
                      {"dr_grpo", ""},
                      {"dapo", "--dynamic_sampling false"},
                      {"bnpo", ""},
                      {"gspo", ""},
                      {"cispo", "--epsilon_high 5"},
                      {"sapo", ""},
                      {"rloo",
                       "--beta 0.05 --kl_in sequence_reward --kl_estimator k1 --use_bias_correction_kl false "
                       "--importance_sampling_level sequence_product --loss_type grpo"}}}},
      {"openrlhf",
       {.version = "OpenRLHF 0.11.2",
        .ppo_version = "OpenRLHF 0.11.2",
        .ppo = "--terminal_reward last_token --whiten_variance biased --kl_estimator k1 --kl_limit 10 "
               "--log_ratio_limit 20 --delta none --cliprange_value 0.5 --lam 1 --kl_coef 0.01 "
               "--adam_epsilon 1e-8 --lr_scheduler_unit update",
        .everywhere = "--beta 0.01 --kl_in token_reward --kl_estimator k1 --advantage_epsilon 1e-9 "
                      "--use_bias_correction_kl false --lone_completion reward --count_left_out false "
                      "--whiten_variance biased --log_ratio_limit 20 --kl_limit 10 --delta none "
                      "--token_mean update --lr_scheduler_unit update "
                      "--advantage_clip_range -10 10",  // its reward clip comes after the baseline
        .by_method = {{"grpo", "--loss_type dapo"},
                      {"dr_grpo", "--loss_type dapo"},
                      {"dapo", ""},  // of a group's 0 and 1 its dynamic filtering keeps what ours does
                      {"gspo", "--log_ratio_limit 0"},
                      {"rloo", "--importance_sampling_level token --loss_type dapo"},
                      {"reinforce++", ""},
                      {"reinforce++-baseline", "--kl_in loss --kl_estimator k2"}}}},
      {"verl",
       {.version = "verl 0.9.1",
        .ppo_version = "verl 0.9.1",
        .ppo = "--terminal_reward last_token --whiten_variance unbiased --kl_estimator k1 --kl_limit 0 "
               "--log_ratio_limit 20 --delta 3 --cliprange_value 0.5 --lam 1 --kl_coef 0 "
               "--adam_epsilon 1e-8 --lr_scheduler_unit rollout",
        .everywhere = "--beta 0 --use_bias_correction_kl false --advantage_epsilon 1e-6 --lone_completion "
                      "reward --count_left_out false --whiten_variance unbiased --cispo_range both "
                      "--log_ratio_limit 20 --kl_limit 0 --delta 3 --token_mean update --lr_scheduler_unit "
                      "rollout",
        // k3 in its loss is cut at 10 (low_var_kl); k1 in a reward is not.
        .by_method = {{"grpo", "--loss_type dapo --kl_limit 10"},
                      {"dr_grpo", "--kl_limit 10"},
                      {"dapo", "--kl_limit 10"},
                      {"gspo", "--loss_type dapo --log_ratio_limit 10 --delta none"},
                      {"cispo", "--epsilon_high 0.2 --delta none"},
                      {"sapo", "--delta none"},
                      {"rloo",
                       "--kl_in sequence_reward --kl_estimator k1 --importance_sampling_level token "
                       "--loss_type dapo"},
                      {"reinforce++", ""},
                      {"reinforce++-baseline", ""},
                      {"remax", ""}}}},
  };
  return all;
}

}  // namespace

const std::vector<std::string>& compat_programs() {
  static const std::vector<std::string> names = {"none", "trl", "openrlhf", "verl"};
  return names;
}

Settings compat_settings(const std::string& program, const std::string& method) {
  if (program == "none") return {};
  const Conventions& known = conventions().at(program);
  if (method == "ppo") return {program, known.ppo_version, known.ppo};
  const auto found = known.by_method.find(method);
  if (found == known.by_method.end()) {
    throw UsageError(fmt::format("{} has no {}, so --compat {} cannot say how it would do it.", known.version,
                                 method, program));
  }
  return {program, known.version, known.everywhere + (found->second.empty() ? "" : " " + found->second)};
}

}  // namespace nudge
