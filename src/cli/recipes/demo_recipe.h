#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/recipes/stages.h"
#include "world/world.h"

namespace nudge {

/// One PPO run of the demo.
struct Leash {
  double kl_coef = 0;
  std::int64_t rollouts = 30, answers = 128;  // answers in each rollout
};

/// Everything that the demo's stages are run with. The defaults are the full demo (minutes on two cores);
/// tiny() is the same chain at a size that tests can afford and that shows nothing.
struct DemoSizes {
  world::WorldOptions world;
  std::int64_t vocab_size = 1280;
  std::int64_t hidden_size = 128, intermediate_size = 352, layers = 4;
  std::int64_t pretrain_steps = 1800;
  std::int64_t pretrain_batch = 16, pretrain_length = 128;
  double sft_epochs = 10;
  // Without a leash the policy is driven on until it has fallen, which takes some seeds longer than others;
  // what pushes it is the number of updates, so its rollouts are half as large.
  std::vector<Leash> leashes = {{1.0, 30}, {0.2, 30}, {0.0, 100, 64}};
  std::int64_t dpo_steps = 100, dpo_prompts = 32;  // all pairs of a prompt in one step
  std::int64_t kto_steps = 60, kto_answers = 64;
  // GRPO and RLOO: as many rollouts and answers as PPO on the leash.
  std::int64_t group_steps = 30, group_prompts = 32, num_generations = 4;
  std::int64_t best_of_n_prompts = 200;
  std::vector<std::int64_t> best_of_n = {1, 2, 4, 8, 16, 32, 64};
  std::int64_t eval_prompts = 500;

  static DemoSizes tiny();
};

/// The leash that the story calls "the leash".
inline constexpr double kLeash = 1.0;

/// The run folder of PPO with one coefficient: "ppo-kl-1.0".
std::string ppo_name(double kl_coef);

/// Another way from the same SFT model and the same comparisons to a policy.
struct Successor {
  std::string name;   // of its run folder and its command
  std::string label;  // for readers
  bool samples;       // learns from rollouts scored by the reward model; else from the pairs alone
};
const std::vector<Successor>& successors();

/// The stages, in order; everything lands in `folder`.
std::vector<Stage> demo_stages(const std::filesystem::path& folder, std::uint64_t seed,
                               const DemoSizes& sizes);

}  // namespace nudge
