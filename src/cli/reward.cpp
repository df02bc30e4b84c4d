#include "algorithms/reward_model.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/loaded_model.h"
#include "data/records_file.h"

namespace nudge {
namespace {

struct RewardCommand {
  std::string model, dataset;
  RewardModelConfig training;
  RunOptions run;
};

void declare(Options& options, RewardCommand& config) {
  options.require("model", config.model, "The SFT model whose trunk the reward model starts from.");
  options.require("dataset", config.dataset,
                  "Preference pairs: prompt, chosen, rejected; implicit prompts; or HH-RLHF transcripts.");
  declare(options, config.run);
  declare(options, config.training);
}

}  // namespace

int run_reward(std::span<const std::string> arguments) {
  RewardCommand config;
  config.training.optimizer.learning_rate = 1e-4;
  Options options("reward", "Learns a reward model from preference pairs.");
  declare(options, config);
  if (!options.parse(arguments)) return 0;

  const LoadedModel sft = load_language_model(config.model);
  const PairsRead read = preference_pairs(read_records(config.dataset), config.dataset);
  for (const auto& [reason, count] : read.dropped)
    warn(fmt::format("reward: {} pairs left out: {}.", count, reason));
  require(config.training.max_length <= sft.model->config().max_position_embeddings,
          "reward: --max_length {} exceeds the model's context of {} tokens.", config.training.max_length,
          sft.model->config().max_position_embeddings);
  const RewardModelData data = reward_model_data(read.pairs, sft.format, config.training, config.run.seed);

  watch_interrupts();
  Run run(config.run.output_dir, options, config.run.resume, config.run.overwrite);
  if (run.finished()) {
    say("Nothing left to do: " + config.run.output_dir + "/final is complete.");
    return 0;
  }
  say(fmt::format("reward: {} prompts to train on, {} held out, {} pairs too long.", data.train.size(),
                  data.eval.size(), data.too_long));
  const auto model = sft.model->clone_with_scalar_head();
  if (!model->config().pad_token_id) model->config().pad_token_id = sft.format.stop_token();
  train_reward_model(*model, *sft.model, sft.format, data, config.training, config.run, run);
  return 0;
}

}  // namespace nudge
