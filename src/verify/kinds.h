#pragma once

#include "base/json.h"

// One function for each kind of golden case: the largest deviation.
namespace nudge::golden {

double replay_advantages(const Json& golden);
double replay_reward_advantages(const Json& golden);  // of several rewards
double replay_token_advantages(const Json& golden);
double replay_policy_loss(const Json& golden);

double replay_ppo_advantages(const Json& golden);
double replay_gae(const Json& golden);
double replay_whiten(const Json& golden);
double replay_kl(const Json& golden);
double replay_ppo_losses(const Json& golden);
double replay_value_loss(const Json& golden);
double replay_right_answers(const Json& golden);  // a policy loss with their likelihood

double replay_bradley_terry(const Json& golden);
double replay_dpo(const Json& golden);
double replay_length_normalised(const Json& golden);  // CPO, SimPO, AlphaPO, TPO: no reference
double replay_orpo(const Json& golden);

double replay_kto(const Json& golden);
double replay_bco(const Json& golden);

}  // namespace nudge::golden
