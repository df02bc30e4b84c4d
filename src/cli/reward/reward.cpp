#include "algorithms/reward_model.h"
#include "assembly/loaded_model.h"
#include "assembly/lora.h"
#include "assembly/reward_data.h"
#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"
#include "data/answer_to_score.h"

namespace nudge {
namespace {

struct RewardCommand {
  std::string model;
  std::vector<std::string> dataset;
  std::int64_t num_heads = 1;
  RewardDataOptions data;
  ModelOptions models;
  RewardModelOptions training;
  RunOptions run;
  LoraOptions lora;
};

void declare(Options& options, RewardCommand& config) {
  options.require("model", config.model, "The SFT model whose trunk the reward model starts from.")
      .shown_as("DIR");
  options
      .require("dataset", config.dataset,
               "Comparisons: prompt, chosen, rejected; implicit prompts; HH-RLHF transcripts; prompt, "
               "completions, ranks. Or labels, see --loss_type.")
      .shown_as("FILE");
  options
      .add("num_heads", config.num_heads, "Heads on the one trunk: an ensemble, combined where it is used.")
      .within(between(1, 64));
  declare(options, config.run);
  options.nest(config.lora);
  declare(options, config.data);
  declare(options, config.models);
  declare(options, config.training);
}

}  // namespace

int run_reward(std::span<const std::string> arguments) {
  RewardCommand config;
  Options options("reward", "Learns a reward model from comparisons, grades or step labels.");
  declare(options, config);
  options.start_with({"learning_rate", "num_train_epochs"},
                     "nudge reward --model runs/sft --dataset pairs.jsonl --output_dir runs/reward");
  if (!options.parse(arguments)) return 0;

  LoadedModel loaded = load_policy(config.model, config.models, config.lora, config.run.seed);
  loaded.format = ChatFormat(loaded.tokenizer->with_pad(padding_for_scores(loaded.format)));
  const LoadedModel sft = reading_as(config.data.datasets, std::move(loaded));
  settle_max_length(sft, config.training.max_length);
  const RewardTask task = reward_task(config.data, config.dataset, config.num_heads, sft.format,
                                      config.training, config.run.seed);

  return train_in_run(
      config.run, options,
      [&](Run& run) {
        say(fmt::format("reward: {} prompts to train on, {} held out{}.", task.data.train.size(),
                        task.data.eval.size(), task.left_out));
        const auto model = task.heads.size() == 1
                               ? sft.model->clone_with_scalar_head()
                               : sft.model->clone_with_scalar_heads(task.heads, config.run.seed);
        model->config().pad_token_id = sft.format.tokenizer().pad();
        return train_reward_model(*model, *sft.model, sft.format, task.data, task.objective, config.training,
                                  config.run, run);
      },
      after_reward_model(config.run.output_dir, config.model));
}

}  // namespace nudge
