#include "assembly/gold_reward.h"

#include "rewards/function_reward.h"
#include "world/gold.h"

namespace nudge {

std::unique_ptr<Reward> gold_reward() {
  return std::make_unique<FunctionReward>("gold", [](const Trajectory& trajectory) {
    return world::judge(trajectory.prompt, trajectory.completion, trajectory.ended).score;
  });
}

}  // namespace nudge
