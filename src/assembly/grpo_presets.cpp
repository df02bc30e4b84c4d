#include "assembly/grpo_presets.h"

#include <algorithm>

namespace nudge {
namespace {

void compare(GrpoOptions& config, Baseline baseline, RewardScale scale) {
  config.advantage.baseline = baseline;
  config.advantage.scale = scale;
}

void leash(GrpoOptions& config, double beta, KlIn kl_in, KlEstimator estimator) {
  config.leash.beta = beta;
  config.leash.kl_in = kl_in;
  config.leash.kl.estimator = estimator;
}

void no_leash(GrpoOptions& config) {
  leash(config, 0, KlIn::loss, KlEstimator::k3);
}

struct Known {
  GrpoMethod method;
  const char* source;
  void (*set)(GrpoOptions&);
};

constexpr Known kKnown[] = {
    {GrpoMethod::leashed, "docs/grpo.md",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::none);
       config.aggregation.loss_type = LossType::grpo;
       leash(config, 0.5, KlIn::token_reward, KlEstimator::k1);
     }},
    {GrpoMethod::grpo, "Shao et al. 2024",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::group);
       config.aggregation.loss_type = LossType::grpo;
       leash(config, 0.04, KlIn::loss, KlEstimator::k3);
     }},
    {GrpoMethod::dr_grpo, "Liu et al. 2025",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::none);
       config.aggregation.loss_type = LossType::dr_grpo;
       no_leash(config);
     }},
    {GrpoMethod::dapo, "Yu et al. 2025",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::group);
       config.aggregation.loss_type = LossType::dapo;
       config.surrogate.epsilon_high = 0.28;
       config.dynamic_sampling = true;
       no_leash(config);
     }},
    {GrpoMethod::bnpo, "TRL's loss_type of this name",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::group);
       config.aggregation.loss_type = LossType::bnpo;
       no_leash(config);
     }},
    {GrpoMethod::gspo, "Zheng et al. 2025",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::group);
       config.surrogate.level = ImportanceLevel::sequence;
       config.surrogate.epsilon = 3e-4;
       config.surrogate.epsilon_high = 4e-4;
       config.aggregation.loss_type = LossType::grpo;
       no_leash(config);
     }},
    {GrpoMethod::cispo, "MiniMax 2025",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::group);
       config.surrogate.surrogate = Surrogate::cispo;
       config.surrogate.epsilon_high = 5;
       config.aggregation.loss_type = LossType::dapo;
       no_leash(config);
     }},
    {GrpoMethod::sapo, "Gao et al. 2025",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::group);
       config.surrogate.surrogate = Surrogate::sapo;
       config.aggregation.loss_type = LossType::grpo;
       no_leash(config);
     }},
    {GrpoMethod::dppo, "Qi et al. 2026",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::group);
       config.surrogate.surrogate = Surrogate::dppo_tv;
       config.surrogate.epsilon = 0.15;
       config.surrogate.delta = 20;
       config.aggregation.loss_type = LossType::dapo;
       no_leash(config);
     }},
    {GrpoMethod::gdpo, "Liu et al. 2026",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::group);
       config.multi_objective_aggregation = MultiObjectiveAggregation::normalize_then_sum;
       config.advantage.normalize = AdvantageNorm::sequences;
       config.aggregation.loss_type = LossType::dapo;
       no_leash(config);
     }},
    {GrpoMethod::rloo, "Ahmadian et al. 2024",
     [](GrpoOptions& config) {
       compare(config, Baseline::leave_one_out, RewardScale::none);
       config.surrogate.level = ImportanceLevel::sequence_product;
       config.aggregation.loss_type = LossType::grpo;
       leash(config, 0.05, KlIn::sequence_reward, KlEstimator::k1);
     }},
    {GrpoMethod::reinforce_plus_plus, "Hu et al. 2025",
     [](GrpoOptions& config) {
       config.rollout.num_generations = 1;
       compare(config, Baseline::none, RewardScale::none);
       config.advantage.normalize = AdvantageNorm::tokens;
       config.aggregation.loss_type = LossType::dapo;
       leash(config, 0.01, KlIn::token_reward, KlEstimator::k1);
     }},
    {GrpoMethod::reinforce_plus_plus_baseline, "Hu et al. 2025",
     [](GrpoOptions& config) {
       compare(config, Baseline::group, RewardScale::none);
       config.advantage.normalize = AdvantageNorm::tokens;
       config.aggregation.loss_type = LossType::dapo;
       leash(config, 0.01, KlIn::loss, KlEstimator::k2);
     }},
    {GrpoMethod::remax, "Li et al. 2023",
     [](GrpoOptions& config) {
       config.rollout.num_generations = 1;
       compare(config, Baseline::greedy, RewardScale::none);
       config.aggregation.loss_type = LossType::dapo;
       leash(config, 0.05, KlIn::token_reward, KlEstimator::k1);
     }},
};

}  // namespace

Preset<GrpoOptions> grpo_preset(GrpoMethod method) {
  const auto* known = std::ranges::find(kKnown, method, &Known::method);
  return {"preset " + name_of(method) + " (" + known->source + ")", known->set};
}

}  // namespace nudge
